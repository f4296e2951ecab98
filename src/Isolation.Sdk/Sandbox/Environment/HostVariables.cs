using System.Collections;

namespace Isolation.Sdk.Sandbox;

/// <summary>The host's environment, read once: nothing here writes to it.</summary>
internal sealed class HostVariables(IReadOnlyDictionary<string, string> values)
{
    public string? this[string name] => values.TryGetValue(name, out string? value) ? value : null;

    public string? Home => this[OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME"];

    /// <summary>Where the host's NuGet packages are.</summary>
    public string? NuGetPackages => this["NUGET_PACKAGES"] ?? Below(Home, ".nuget", "packages");

    /// <summary>Where the host's user-level NuGet config is.</summary>
    public string? NuGetConfig =>
        OperatingSystem.IsWindows()
            ? Below(this["APPDATA"], "NuGet", "NuGet.Config")
            : Below(this["DOTNET_CLI_HOME"] ?? Home, ".nuget", "NuGet", "NuGet.Config");

    public static HostVariables Read() =>
        new(
            Environment
                .GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .ToDictionary(
                    e => (string)e.Key,
                    e => (string)e.Value!,
                    OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
                )
        );

    private static string? Below(string? folder, params string[] path) =>
        string.IsNullOrEmpty(folder) ? null : Path.Combine([folder, .. path]);
}
