namespace Isolation.Sdk.Git;

/// <summary>A git directory with nothing in it but what the library wrote: its config names no program, and its objects are borrowed.</summary>
internal static class BareRepositoryWriter
{
    /// <summary>Makes one; one that is there already gets the new HEAD.</summary>
    /// <param name="path">Where.</param>
    /// <param name="like">The repository whose kind of object ids it has, and beyond whose known history it does not look.</param>
    /// <param name="head">What its HEAD is; empty for none.</param>
    /// <param name="borrowed">Object folders it reads from.</param>
    public static void Write(string path, GitRepository like, string head, IReadOnlyList<string> borrowed)
    {
        Directory.CreateDirectory(Path.Combine(path, "refs"));
        Directory.CreateDirectory(Path.Combine(path, "objects", "info"));
        File.WriteAllText(Path.Combine(path, "HEAD"), head.Length > 0 ? $"{head}\n" : "ref: refs/heads/none\n");
        File.WriteAllText(Path.Combine(path, "config"), Config(like));
        File.WriteAllLines(Path.Combine(path, "objects", "info", "alternates"), borrowed.Select(AlternatesLine));
        CopyShallow(like, path);
    }

    /// <summary>The config no repository can do without, and one more line of its first section.</summary>
    public static string Config(GitRepository like, params string[] core)
    {
        bool longIds = like.ObjectFormat == "sha256";
        return $"[core]\n\trepositoryformatversion = {(longIds ? 1 : 0)}\n{string.Concat(core.Select(line => $"\t{line}\n"))}{(longIds ? "[extensions]\n\tobjectFormat = sha256\n" : "")}";
    }

    /// <summary>A history that was cut off when it was fetched is cut off for everyone who borrows from it.</summary>
    public static void CopyShallow(GitRepository like, string path)
    {
        string cut = Path.Combine(like.CommonDirectory, "shallow");
        if (File.Exists(cut))
        {
            File.Copy(cut, Path.Combine(path, "shallow"), overwrite: true);
        }
    }

    /// <summary>One line of an alternates file; an absolute path starts neither like a comment nor like a quoted name.</summary>
    public static string AlternatesLine(string folder) =>
        OperatingSystem.IsWindows() ? folder.Replace('\\', '/') : folder;
}
