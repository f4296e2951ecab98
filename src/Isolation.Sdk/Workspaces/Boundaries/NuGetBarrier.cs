using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Isolation.Sdk.Workspaces;

// NuGet merges every nuget.config on the way up, so an empty one stops nothing: this one clears what they say, and says
// again what the checkout inherits.
internal static partial class NuGetBarrier
{
    public static readonly IReadOnlyList<string> Sections =
    [
        "packageSources",
        "auditSources",
        "disabledPackageSources",
        "packageSourceMapping",
        "fallbackPackageFolders",
        "config",
    ];
    private static readonly string[] Places = ["packageSources", "auditSources", "fallbackPackageFolders"];
    private static readonly string[] Secret = ["packageSourceCredentials", "apikeys", "clientCertificates"];

    public static IReadOnlyList<string> Spellings { get; } = ["nuget.config", "NuGet.config", "NuGet.Config"];

    public static string? Content(string root, string? checkout)
    {
        string[] wanted = [.. BarrierFiles.FindAllAbove(checkout, [.. Spellings]).Distinct()];
        string[] given = [.. BarrierFiles.FindAllAbove(root, [.. Spellings]).Distinct()];
        if (wanted.SequenceEqual(given))
        {
            return null;
        }

        XElement configuration = new("configuration");
        foreach (string section in Sections)
        {
            // Clearing takes the user's own entries away too: they come back first, then what the checkout inherits,
            // the farthest first.
            bool clears = given.Any(path => Entries(path, section).Any());
            XElement rewritten = new(section, clears ? new XElement("clear") : null);
            foreach (string path in (clears ? UserConfigs() : []).Concat(wanted.Reverse()))
            {
                foreach (XElement entry in Entries(path, section))
                {
                    Add(rewritten, Portable(entry, path), keep: clears ? 1 : 0);
                }
            }

            if (clears && section == "packageSources" && !rewritten.Elements("add").Any())
            {
                rewritten.Add(
                    new XElement(
                        "add",
                        new XAttribute("key", "nuget.org"),
                        new XAttribute("value", "https://api.nuget.org/v3/index.json"),
                        new XAttribute("protocolVersion", "3")
                    )
                );
            }

            configuration.Add(rewritten.HasElements ? rewritten : null);
        }

        return configuration + "\n";
    }

    public static XElement Portable(XElement entry, string config)
    {
        XElement copy = new(entry);
        if (
            copy.Attribute("value") is { } value
            && Places.Contains(entry.Parent?.Name.LocalName, StringComparer.OrdinalIgnoreCase)
        )
        {
            value.Value =
                value.Value.Contains("://") ? User().Replace(value.Value, "")
                : value.Value.Contains('%') ? value.Value
                : Path.GetFullPath(value.Value, Path.GetDirectoryName(config)!);
        }

        return copy;
    }

    public static bool HoldsCredentials(string path) =>
        Spellings.Contains(Path.GetFileName(path))
        && Load(path) is { } root
        && root.DescendantsAndSelf()
            .Any(e =>
                Secret.Contains(e.Name.LocalName, StringComparer.OrdinalIgnoreCase)
                || User().IsMatch((string?)e.Attribute("value") ?? "")
            );

    private static void Add(XElement section, XElement entry, int keep)
    {
        if (entry.Name == "clear")
        {
            section.Elements().Skip(keep).Remove();
            return;
        }

        section
            .Elements()
            .Where(e => e.Name == entry.Name && (string?)e.Attribute("key") == (string?)entry.Attribute("key"))
            .Remove();
        section.Add(entry);
    }

    private static IEnumerable<XElement> Entries(string path, string section) =>
        Load(path)?.Element(section)?.Elements() ?? [];

    public static XElement? Load(string path)
    {
        try
        {
            return XDocument.Load(path).Root;
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> UserConfigs()
    {
        string user = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget");
        string config = Path.Combine(user, "NuGet", "NuGet.Config");
        return user.Length > 0 && File.Exists(config) ? [config] : [];
    }

    [GeneratedRegex(@"(?<=^\w+://)[^/@]*@")]
    private static partial Regex User();
}
