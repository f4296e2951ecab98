namespace Isolation.Sdk.Testing;

/// <summary>Finds a repository's common git directory by looking, without a git process.</summary>
internal static class GitDirectories
{
    public static string Common(string path)
    {
        for (string? folder = Path.GetFullPath(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string dotGit = Path.Combine(folder, ".git");
            if (Directory.Exists(dotGit))
            {
                return dotGit;
            }

            if (File.Exists(dotGit))
            {
                string own = Path.GetFullPath(File.ReadAllText(dotGit).Trim()["gitdir: ".Length..], folder);
                string pointer = Path.Combine(own, "commondir");
                return File.Exists(pointer) ? Path.GetFullPath(File.ReadAllText(pointer).Trim(), own) : own;
            }

            if (File.Exists(Path.Combine(folder, "HEAD")) && Directory.Exists(Path.Combine(folder, "objects")))
            {
                return folder;
            }
        }

        throw new ArgumentException($"'{path}' is in no git repository.", nameof(path));
    }
}
