namespace Isolation.Sdk.Git;

/// <summary>Git directories whose config names no program and whose objects are borrowed.</summary>
internal static class BareRepositoryWriter
{
    public static void Write(
        string path,
        GitRepository like,
        string head,
        IReadOnlyList<string> borrowed,
        params string[] core
    )
    {
        Directory.CreateDirectory(Path.Combine(path, "refs"));
        Directory.CreateDirectory(Path.Combine(path, "objects", "info"));
        File.WriteAllText(Path.Combine(path, "HEAD"), head.Length > 0 ? $"{head}\n" : "ref: refs/heads/none\n");
        bool longIds = like.ObjectFormat == "sha256";
        File.WriteAllText(
            Path.Combine(path, "config"),
            $"[core]\n\trepositoryformatversion = {(longIds ? 1 : 0)}\n"
                + string.Concat(core.Select(line => $"\t{line}\n"))
                + (longIds ? "[extensions]\n\tobjectFormat = sha256\n" : "")
        );

        File.WriteAllText(
            Path.Combine(path, "objects", "info", "alternates"),
            string.Concat(borrowed.Select(f => (OperatingSystem.IsWindows() ? f.Replace('\\', '/') : f) + "\n"))
        );

        // A history that was cut off when it was fetched is cut off for everyone who borrows from it.
        string cut = Path.Combine(like.CommonDirectory, "shallow");
        if (File.Exists(cut))
        {
            File.Copy(cut, Path.Combine(path, "shallow"), overwrite: true);
        }
    }
}
