namespace Isolation.Sdk.Workspaces;

/// <summary>
/// Files that tools look for in every folder above a project. Without them a workspace takes on what happens to lie above it; with them it gets exactly what the canonical checkout gets
/// from its own parents, so that a build is the same in both places.
/// </summary>
internal static class Barriers
{
    /// <summary>The top-level names of everything in <see cref="For"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Directory.Build.props", "Directory.Build.targets", "Directory.Build.rsp", "Directory.Packages.props", "global.json", "nuget.config", ".editorconfig", "package.json", ".config"];

    /// <summary>What to write into the workers' folder.</summary>
    /// <param name="root">The workers' folder.</param>
    /// <param name="checkout">The canonical checkout; <see langword="null"/> for a bare repository, which inherits nothing.</param>
    public static IEnumerable<(string Name, string Content)> For(string root, string? checkout)
    {
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
        {
            yield return (name, FindAbove(checkout, name) is { } parent ? $"<Project>\n  <Import Project=\"{System.Security.SecurityElement.Escape(parent)}\" />\n</Project>\n" : "<Project />\n");
        }

        yield return ("Directory.Build.rsp", FindAbove(checkout, "Directory.Build.rsp") is { } rsp ? $"@\"{rsp}\"\n" : "");
        yield return ("global.json", FindAbove(checkout, "global.json") is { } global ? File.ReadAllText(global) : "{}\n");
        yield return (".editorconfig", EditorConfigBarrier.Content(checkout));
        yield return ("package.json", PackageJsonBarrier.Content(FindAbove(checkout, "package.json")));
        yield return (Path.Combine(".config", "dotnet-tools.json"), ToolManifestBarrier.Content(FindAllAbove(checkout, Path.Combine(".config", "dotnet-tools.json"), "dotnet-tools.json")));
        if (NuGetBarrier.Content(root, checkout) is { } nuget)
        {
            yield return ("nuget.config", nuget);
        }
    }

    /// <summary>The nearest such file above a folder, not in it.</summary>
    public static string? FindAbove(string? folder, string name) => FindAllAbove(folder, name).FirstOrDefault();

    /// <summary>Every such file above a folder, the nearest first.</summary>
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
}
