using System.Xml.Linq;

namespace Isolation.Sdk.Workspaces;

/// <summary>
/// NuGet merges every <c>nuget.config</c> on the way up, so an empty one stops nothing. Where the workers' folder has configs above it that the checkout has not, this one clears what they
/// say and says again what the checkout inherits; where it has none, there is nothing to shut off and none is written.
/// </summary>
internal static class NuGetBarrier
{
    private static readonly string[] Spellings = ["nuget.config", "NuGet.config", "NuGet.Config"];
    private static readonly string[] Sections = ["packageSources", "disabledPackageSources", "packageSourceCredentials", "packageSourceMapping", "fallbackPackageFolders"];

    public static string? Content(string root, string? checkout)
    {
        string[] wanted = [.. Barriers.FindAllAbove(checkout, Spellings).Distinct(StringComparer.Ordinal)];
        string[] given = [.. Barriers.FindAllAbove(root, Spellings).Distinct(StringComparer.Ordinal)];
        if (wanted.SequenceEqual(given, StringComparer.Ordinal))
        {
            return null;
        }

        // Clearing takes the user's own sources away too: they come back first, then what the checkout inherits, the farthest first.
        string[] sources = [.. UserConfigs(), .. wanted.Reverse()];
        XElement configuration = new("configuration");
        foreach (string section in Sections)
        {
            XElement rewritten = new(section, new XElement("clear"));
            foreach (string path in sources)
            {
                foreach (XElement entry in XDocument.Load(path).Root?.Element(section)?.Elements() ?? [])
                {
                    Add(rewritten, entry, Path.GetDirectoryName(path)!);
                }
            }

            if (section == "packageSources" && !rewritten.Elements("add").Any())
            {
                rewritten.Add(new XElement("add", new XAttribute("key", "nuget.org"), new XAttribute("value", "https://api.nuget.org/v3/index.json"), new XAttribute("protocolVersion", "3")));
            }

            configuration.Add(rewritten);
        }

        return configuration + "\n";
    }

    private static void Add(XElement section, XElement entry, string folder)
    {
        if (entry.Name == "clear")
        {
            section.Elements().Skip(1).Remove();
            return;
        }

        XElement copy = new(entry);
        if (copy.Attribute("value") is { } value && section.Name.LocalName is "packageSources" or "fallbackPackageFolders" && !value.Value.Contains("://", StringComparison.Ordinal) && !value.Value.Contains('%', StringComparison.Ordinal))
        {
            value.Value = Path.GetFullPath(value.Value, folder);
        }

        section.Elements().Where(e => e.Name == copy.Name && (string?)e.Attribute("key") == (string?)copy.Attribute("key")).Remove();
        section.Add(copy);
    }

    private static IEnumerable<string> UserConfigs()
    {
        string user = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData) : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget");
        string config = Path.Combine(user, "NuGet", "NuGet.Config");
        return user.Length > 0 && File.Exists(config) ? [config] : [];
    }
}
