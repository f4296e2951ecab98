using System.Text;
using System.Xml.Linq;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Sandbox;

internal static class ToolConfigFiles
{
    private const string PackageFolders = "fallbackPackageFolders";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static void WriteGit(string path, IEnumerable<KeyValuePair<string, string>> settings) =>
        Write(path, CloneSettings.Write(settings));

    public static void WriteNuGet(string path, string? hostConfig, string? hostPackages)
    {
        XElement root = new("configuration");
        if (hostConfig is not null)
        {
            root.Add(
                NuGetBarrier
                    .Load(hostConfig)
                    ?.Elements()
                    .Where(e =>
                        NuGetBarrier
                            .Sections.Except([PackageFolders])
                            .Contains(e.Name.LocalName, StringComparer.OrdinalIgnoreCase)
                    )
                    .Select(e => new XElement(
                        e.Name,
                        e.Attributes(),
                        e.Elements().Select(entry => NuGetBarrier.Portable(entry, hostConfig))
                    ))
            );
        }

        root.Elements("config")
            .Elements()
            .Where(e =>
                (string?)e.Attribute("key") is "globalPackagesFolder" or "repositoryPath"
                || ((string?)e.Attribute("key"))?.Contains("proxy", StringComparison.OrdinalIgnoreCase) == true
            )
            .Remove();
        if (hostPackages is not null && Directory.Exists(hostPackages))
        {
            root.Add(
                new XElement(
                    PackageFolders,
                    new XElement("add", new XAttribute("key", "host"), new XAttribute("value", hostPackages))
                )
            );
        }

        Write(path, new XDocument(root).ToString());
    }

    // NuGet's one-time work in a home would be done under a mutex for which every process of the machine meets in /tmp,
    // out of reach of confined ones.
    public static void WriteNuGetMigrated(string home) =>
        Write(Path.Combine(home, ".local", "share", "NuGet", "Migrations", "1"), "");

    // What was copied there may be written by nobody.
    public static void WriteGitIgnore(string path, string patterns)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        Write(path, patterns + "\n");
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text, Utf8);
    }
}
