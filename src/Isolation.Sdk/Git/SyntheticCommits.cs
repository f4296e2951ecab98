using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.Git;

/// <summary>
/// Commits that only a merge needs, to say what its base is: written without a process, and gone with it.
/// </summary>
internal sealed class SyntheticCommits(string objects, string objectFormat)
{
    private readonly List<string> _written = [];

    public string Write(string tree, string? parent)
    {
        byte[] body = Encoding.ASCII.GetBytes(
            $"tree {tree}\n{(parent is null ? "" : $"parent {parent}\n")}author merge <merge@localhost> 0 "
                + $"+0000\ncommitter merge <merge@localhost> 0 +0000\n\nmerge\n"
        );
        byte[] content = [.. Encoding.ASCII.GetBytes($"commit {body.Length}\0"), .. body];
        string id = Convert.ToHexStringLower(Hash(content));
        string file = Path.Combine(objects, id[..2], id[2..]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using (FileStream stream = new(file, FileMode.Create, FileAccess.Write))
        using (ZLibStream packed = new(stream, CompressionLevel.Fastest))
        {
            packed.Write(content);
        }

        _written.Add(file);
        return id;
    }

    public void Clear()
    {
        _written.ForEach(File.Delete);
        _written.Clear();
    }

    [SuppressMessage(
        "Security",
        "CA5350:Do Not Use Weak Cryptographic Algorithms",
        Justification = "It is how git names its objects."
    )]
    private byte[] Hash(byte[] content) => objectFormat == "sha256" ? SHA256.HashData(content) : SHA1.HashData(content);
}
