using System.Security.Cryptography;
using System.Text;

namespace Quickstart;

/// <summary>What the canonical checkout is at one moment: a hash of its files, a hash of its index, and what its HEAD
/// says.</summary>
internal sealed record CanonicalState(string Tree, string Index, string Head)
{
    public static async Task<CanonicalState> ReadAsync(string checkout, CancellationToken cancellationToken)
    {
        StringBuilder tree = new();
        foreach (string file in Tracked(checkout))
        {
            string mode = OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(file).ToString();
            tree.Append(Path.GetRelativePath(checkout, file))
                .Append('\0')
                .Append(mode)
                .Append('\0')
                .Append(Hash(await File.ReadAllBytesAsync(file, cancellationToken)))
                .Append('\n');
        }

        string git = Path.Combine(checkout, ".git");
        string head = await File.ReadAllTextAsync(Path.Combine(git, "HEAD"), cancellationToken);
        string main = await File.ReadAllTextAsync(Path.Combine(git, "refs", "heads", "main"), cancellationToken);
        return new CanonicalState(
            Hash(Encoding.UTF8.GetBytes(tree.ToString())),
            Hash(await File.ReadAllBytesAsync(Path.Combine(git, "index"), cancellationToken)),
            $"{head.Trim()} {main.Trim()}"
        );
    }

    /// <summary>Copies what was read, as evidence.</summary>
    public async Task SaveAsync(string checkout, string folder, CancellationToken cancellationToken)
    {
        foreach (
            string file in Tracked(checkout)
                .Append(Path.Combine(checkout, ".git", "index"))
                .Append(Path.Combine(checkout, ".git", "HEAD"))
        )
        {
            // Not as ".git": it is no repository.
            string copy = Path.Combine(
                folder,
                Path.GetRelativePath(checkout, file)
                    .Replace(
                        ".git" + Path.DirectorySeparatorChar,
                        "git" + Path.DirectorySeparatorChar,
                        StringComparison.Ordinal
                    )
            );
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            await File.WriteAllBytesAsync(
                copy,
                await File.ReadAllBytesAsync(file, cancellationToken),
                cancellationToken
            );
        }
    }

    public override string ToString() => $"tree {Tree[..9]}, index {Index[..9]}, HEAD {Head["ref: ".Length..^31]}";

    private static IEnumerable<string> Tracked(string checkout) =>
        Directory
            .EnumerateFiles(checkout, "*", SearchOption.AllDirectories)
            .Where(f =>
                !Path.GetRelativePath(checkout, f)
                    .StartsWith(".git" + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            )
            .Order(StringComparer.Ordinal);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
