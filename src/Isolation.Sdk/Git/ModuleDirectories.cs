namespace Isolation.Sdk.Git;

/// <summary>
/// Where git keeps the repositories of submodules: <c>modules/&lt;name&gt;</c> in a git directory, and so on below.
/// </summary>
internal static class ModuleDirectories
{
    private const string Folder = "modules";
    private const int MaxDepth = 12;
    private static readonly EnumerationOptions TopOnly = new() { AttributesToSkip = FileAttributes.ReparsePoint };

    public static string Of(string gitDirectory, string name) => Path.Combine(gitDirectory, Folder, name);

    public static bool Exists(string gitDirectory) =>
        Directory.Exists(Path.Combine(gitDirectory, "objects")) && File.Exists(Path.Combine(gitDirectory, "HEAD"));

    // As git, which trusts nothing of .gitmodules either: no name leads out of the folder.
    public static bool IsName(string name) =>
        name.Length is > 0 and < 200
        && name[0] != '-'
        && !name.Any(char.IsControl)
        && name.Split('/', '\\').All(part => part is not ("" or "." or ".." or ".git"));

    public static bool IsInsideAnother(string gitDirectory, string name)
    {
        for (
            string? above = Path.GetDirectoryName(name);
            above is { Length: > 0 };
            above = Path.GetDirectoryName(above)
        )
        {
            if (Exists(Of(gitDirectory, above)))
            {
                return true;
            }
        }

        return false;
    }

    // Those below a git directory, by their path from there. No link is followed.
    public static IReadOnlyList<string> FindAll(string gitDirectory)
    {
        List<string> found = [];
        Add(gitDirectory, Folder, found, 0);
        return found;
    }

    private static void Add(string gitDirectory, string folder, List<string> found, int depth)
    {
        string path = Path.Combine(gitDirectory, folder);
        if (depth == MaxDepth || new DirectoryInfo(path) is not { Exists: true, LinkTarget: null })
        {
            return;
        }

        foreach (string name in Directory.EnumerateDirectories(path, "*", TopOnly).Select(d => Path.GetFileName(d)))
        {
            string module = $"{folder}/{name}";
            if (Exists(Path.Combine(gitDirectory, module)))
            {
                found.Add(module);
                Add(gitDirectory, $"{module}/{Folder}", found, depth + 1);
            }
            else
            {
                Add(gitDirectory, module, found, depth + 1);
            }
        }
    }
}
