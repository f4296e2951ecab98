using System.Collections;

namespace Isolation.Sdk.Sandbox;

internal sealed class HostVariables
{
    private readonly Dictionary<string, string> _values;

    public HostVariables(IEnumerable<KeyValuePair<string, string>>? values) =>
        _values = new Dictionary<string, string>(
            values
                ?? Environment
                    .GetEnvironmentVariables()
                    .Cast<DictionaryEntry>()
                    .Select(e => KeyValuePair.Create((string)e.Key, (string)e.Value!)),
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
        );

    public string? this[string name] => _values.GetValueOrDefault(name);

    public string? Home => this[OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME"];

    public string? NuGetPackages => this["NUGET_PACKAGES"] ?? Below(Home, ".nuget", "packages");

    public string? NuGetConfig =>
        OperatingSystem.IsWindows()
            ? Below(this["APPDATA"], "NuGet", "NuGet.Config")
            : Below(this["DOTNET_CLI_HOME"] ?? Home, ".nuget", "NuGet", "NuGet.Config");

    public string? Resolve(string path)
    {
        string full =
            Home is not null && path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home, path[2..]) : path;
        return
            Path.IsPathFullyQualified(full)
            && Path.TrimEndingDirectorySeparator(Path.GetFullPath(full)) is { Length: > 1 } found
            && Path.Exists(found)
            ? found
            : null;
    }

    private static string? Below(string? folder, params string[] path) =>
        string.IsNullOrEmpty(folder) ? null : Path.Combine([folder, .. path]);
}
