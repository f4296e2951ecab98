using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace Isolation.Sdk.Guard;

internal static class HostProcessFacts
{
    // Values may be secrets, and are never shown.
    public const string Variable = "environment variable ";

    // There is no list of the switches that were set; these change what other code does without a word.
    private static readonly string[] Switches =
    [
        "System.GC.Server",
        "System.Globalization.Invariant",
        "System.Net.DisableIPv6",
        "System.Net.Http.EnableActivityPropagation",
        "System.Net.Http.SocketsHttpHandler.Http2UnencryptedSupport",
        "System.Net.Http.UseNativeHttpHandler",
        "System.Runtime.Serialization.EnableUnsafeBinaryFormatterSerialization",
        "System.Text.Encoding.EnableUnsafeUTF7Encoding",
        "Switch.System.Xml.AllowDefaultResolver",
        "Switch.System.Net.DontEnableSystemDefaultTlsVersions",
        "System.Security.Cryptography.UseLegacyFipsThrow",
    ];

    public static IReadOnlyDictionary<string, string> Read()
    {
        ThreadPool.GetMinThreads(out int fewest, out int fewestIo);
        ThreadPool.GetMaxThreads(out int most, out int mostIo);
        Dictionary<string, string> facts = new()
        {
            ["current directory"] = CurrentDirectory(),
            ["default culture"] = Name(CultureInfo.DefaultThreadCurrentCulture),
            ["default UI culture"] = Name(CultureInfo.DefaultThreadCurrentUICulture),
            ["thread pool's limits"] = $"{fewest} to {most} threads, {fewestIo} to {mostIo} for input and output",
            ["garbage collector's latency mode"] = GCSettings.LatencyMode.ToString(),
            ["number of trace listeners"] = $"{Trace.Listeners.Count}",
        };
        if (Umask() is { } umask)
        {
            facts["umask"] = umask;
        }

        foreach (string name in Switches)
        {
            facts["switch " + name] = AppContext.TryGetSwitch(name, out bool on)
                ? on
                    ? "on"
                    : "off"
                : "unset";
        }

        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            facts[Variable + (string)variable.Key] = (string?)variable.Value ?? "";
        }

        return facts;
    }

    private static string Name(CultureInfo? culture) =>
        culture is null
            ? "none"
            : $"'{culture.Name}' ({1234.5.ToString("N", culture)}, "
                + $"{new DateTime(2000, 12, 31, 0, 0, 0, DateTimeKind.Utc).ToString("d", culture)})";

    private static string CurrentDirectory()
    {
        try
        {
#pragma warning disable RS0030 // Nothing is resolved against it: that it changes is what is looked for.
            return Environment.CurrentDirectory;
#pragma warning restore RS0030
        }
        catch (IOException)
        {
            return "one that is gone";
        }
    }

    private static string? Umask()
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? File.ReadLines("/proc/self/status")
                    .FirstOrDefault(l => l.StartsWith("Umask:", StringComparison.Ordinal))
                    ?[6..].Trim()
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
