namespace Isolation.Sdk.Workspaces;

// Tools look for these in every folder above a project. With them a workspace gets exactly what the canonical checkout
// gets from its own parents.
internal static class BarrierFiles
{
    private static readonly string[] Imports =
    [
        "Directory.Build.props",
        "Directory.Build.targets",
        "Directory.Packages.props",
        "Directory.Solution.props",
        "Directory.Solution.targets",
    ];

    public static IReadOnlyList<string> Names { get; } =
    [.. Imports, "Directory.Build.rsp", "global.json", "nuget.config", ".editorconfig", "package.json", ".config"];

    private static readonly string[] LookedFor =
    [
        .. Names,
        ".globalconfig",
        "dotnet-tools.json",
        Path.Combine(".config", "dotnet-tools.json"),
        .. NuGetBarrier.Spellings,
    ];

    // A name without content is not to be there.
    public static IEnumerable<(string Name, string? Content)> Create(string root, string? checkout)
    {
        foreach (string name in Imports)
        {
            yield return (name, FindAbove(checkout, name) is { } parent ? Import(Escape(parent)) : "<Project />\n");
        }

        yield return (
            "Directory.Build.rsp",
            FindAbove(checkout, "Directory.Build.rsp") is { } rsp ? $"@\"{rsp}\"\n" : ""
        );
        yield return (
            "global.json",
            FindAbove(checkout, "global.json") is { } global ? JsonBarriers.GlobalJson(global) : "{}\n"
        );
        yield return (".editorconfig", "root = true\n");
        yield return ("package.json", JsonBarriers.PackageJson(FindAbove(checkout, "package.json")));
        yield return (
            Path.Combine(".config", "dotnet-tools.json"),
            JsonBarriers.ToolManifest(
                FindAllAbove(checkout, Path.Combine(".config", "dotnet-tools.json"), "dotnet-tools.json")
            )
        );
        yield return ("nuget.config", NuGetBarrier.Content(root, checkout));
    }

    // A worker that may read but little has to be able to read these.
    public static IEnumerable<string> FindVisible(string workspace, string? checkout) =>
        FindAllAbove(workspace, LookedFor)
            .Concat(FindAllAbove(checkout, LookedFor))
            .Distinct()
            .Where(path => !NuGetBarrier.HoldsCredentials(path));

    // Their sections speak of paths that a workspace does not have.
    public static IEnumerable<string> FindLostRules(string? checkout)
    {
        string own = Path.Combine(checkout ?? "", ".editorconfig");
        bool ends =
            checkout is null
            || (
                File.Exists(own)
                && File.ReadLines(own)
                    .Any(l => l.Replace(" ", "").Equals("root=true", StringComparison.OrdinalIgnoreCase))
            );
        return ends ? [] : FindAllAbove(checkout, ".editorconfig");
    }

    public static string? FindAbove(string? folder, string name) => FindAllAbove(folder, name).FirstOrDefault();

    public static IEnumerable<string> FindAllAbove(string? folder, params string[] names)
    {
        for (string? above = Path.GetDirectoryName(folder); above is not null; above = Path.GetDirectoryName(above))
        {
            foreach (string name in names)
            {
                string path = Path.Combine(above, name);
                if (File.Exists(path))
                {
                    yield return path;
                }
            }
        }
    }

    // What is not there any more is not there for the canonical checkout either.
    private static string Import(string parent) =>
        $"<Project>\n  <Import Project=\"{parent}\" Condition=\"Exists('{parent}')\" />\n</Project>\n";

    private static string Escape(string path) =>
        System.Security.SecurityElement.Escape(
            string.Concat(path.Select(c => "%$@';()*?".Contains(c) ? $"%{(int)c:x2}" : c.ToString()))
        );
}
