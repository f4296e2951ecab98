namespace Isolation.Sdk.Sandbox;

/// <summary>What the scopes of a sandbox have in common, written down: two recipes differ when commands could tell the sandboxes apart.</summary>
internal static class EnvironmentFingerprint
{
    public static string Of(ProcessSandboxOptions options, HostVariables host) =>
        string.Join('\n', Lines(options, host));

    private static IEnumerable<string> Lines(ProcessSandboxOptions options, HostVariables host)
    {
        // What every scope has from the host: a folder of its own stands for itself, and differs in every scope.
        foreach (
            EnvironmentEntry entry in new EnvironmentBuilder(host)
                .AddDefaults("", "", "", new ScopeFolders("", ""))
                .Build()
        )
        {
            yield return entry.ToString();
        }

        foreach (EnvironmentRule rule in options.Rules)
        {
            yield return $"{rule.Origin} {rule.Name}={rule.Template ?? (rule.Origin == EnvironmentOrigin.Secret ? "" : host[rule.Name])}";
        }

        foreach (
            string line in options
                .Shared.Select(s => "share " + s)
                .Concat(options.Ports.Select(p => "port " + p))
                .Append("env file " + options.EnvFileName)
        )
        {
            yield return line;
        }
    }
}
