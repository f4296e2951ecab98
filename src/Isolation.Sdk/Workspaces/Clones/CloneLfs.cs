using System.Security.Cryptography;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// A store of its own: what the library links in is made a copy.
internal static class CloneLfs
{
    // "ab/cd/abcd…": what a store's own layout says a file is.
    private const int IdLength = 64;

    // A hard link is one file with two names: written through one, it has changed under the other.
    public static void Unlink(string gitDirectory)
    {
        foreach (string file in Files(gitDirectory))
        {
            string copy = file + ".own";
            File.Copy(file, copy); // A clone of its blocks where the file system can.
            File.Move(copy, file, overwrite: true);
        }
    }

    // Only files whose content is what their name says.
    public static void Collect(GitRepository repository, string gitDirectory)
    {
        string store = Store(repository.CommonDirectory);
        foreach (string file in Files(gitDirectory))
        {
            string id = Path.GetFileName(file),
                there = Path.Combine(store, id[..2], id[2..4], id);
            if (File.Exists(there))
            {
                continue;
            }

            string taken = Path.Combine(
                Directory.CreateDirectory(Path.Combine(store, "..", "tmp")).FullName,
                $"{id}-{Guid.NewGuid():n}"
            );
            File.Copy(file, taken);
            if (Hash(taken) == id)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(there)!);
                File.Move(taken, there, overwrite: true);
            }
            else
            {
                File.Delete(taken);
            }
        }
    }

    private static string Store(string gitDirectory) => Path.Combine(gitDirectory, "lfs", "objects");

    private static IEnumerable<string> Files(string gitDirectory)
    {
        string store = Store(gitDirectory);
        bool own =
            Directory.Exists(store)
            && new DirectoryInfo(Path.GetDirectoryName(store)!).LinkTarget is null
            && new DirectoryInfo(store).LinkTarget is null;
        return own
            ? Directory
                .EnumerateFiles(store, "*", FileSearch.Below)
                .Where(f =>
                    new FileInfo(f).Length > 0
                    && Path.GetFileName(f) is { Length: IdLength } id
                    && id.All(char.IsAsciiHexDigitLower)
                )
                .ToArray()
            : [];
    }

    private static string Hash(string path)
    {
        using FileStream content = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
