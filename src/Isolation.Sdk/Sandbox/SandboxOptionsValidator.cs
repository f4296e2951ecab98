using System.Text.RegularExpressions;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>What is wrong with the options at this host, all of it, before any worker is there.</summary>
internal static partial class SandboxOptionsValidator
{
    public static IEnumerable<IsolationFault> Find(ProcessSandboxOptions options, HostVariables host)
    {
        foreach (EnvironmentRule rule in options.Rules)
        {
            if (
                rule.Name.Contains('=', StringComparison.Ordinal)
                || rule.Name.Contains('\0', StringComparison.Ordinal)
                || (rule.Template?.Contains('\0', StringComparison.Ordinal) ?? false)
            )
            {
                yield return new IsolationFault(
                    SandboxCodes.BadName,
                    $"'{rule.Name}' cannot be a variable.",
                    "Names have no '=', and neither names nor values have a NUL."
                );
            }

            foreach (
                IsolationFault fault in PlaceholderTemplate.Check(
                    rule.Template ?? "",
                    $"The value of '{rule.Name}'",
                    options.Ports
                )
            )
            {
                yield return fault;
            }

            if (rule.Origin == EnvironmentOrigin.EnvFile && rule.Template!.AsSpan().ContainsAny('\r', '\n'))
            {
                yield return new IsolationFault(
                    SandboxCodes.BadTemplate,
                    $"The value of '{rule.Name}' has several lines, which an env file cannot hold.",
                    "Use Set for it."
                );
            }

            if (rule.Origin == EnvironmentOrigin.Secret)
            {
                string? value = host[rule.Name];
                if (string.IsNullOrEmpty(value))
                {
                    yield return new IsolationFault(
                        SandboxCodes.SecretMissing,
                        $"The host has no variable '{rule.Name}', which workers are to get as a secret.",
                        $"Set {rule.Name} where the host is started."
                    );
                }
                else if (value.Length < SecretMask.MinLength)
                {
                    yield return new IsolationFault(
                        SandboxCodes.SecretTooShort,
                        $"The secret '{rule.Name}' has fewer than {SecretMask.MinLength} characters, and masking it would garble every text.",
                        "Use Inherit if it is no secret."
                    );
                }
            }
        }

        foreach (string template in options.Teardowns.SelectMany(t => t.Arguments))
        {
            foreach (IsolationFault fault in PlaceholderTemplate.Check(template, "The teardown command", options.Ports))
            {
                yield return fault;
            }
        }

        foreach (string name in options.Ports.Where(name => !PortName().IsMatch(name)))
        {
            yield return new IsolationFault(
                SandboxCodes.BadName,
                $"'{name}' cannot name a port.",
                "Use letters, digits, dash and underscore."
            );
        }

        if (
            options.EnvFileName is { } file
            && (
                Path.IsPathRooted(file)
                || file.Split('/', '\\')
                    .Any(part => part is "" or "." or ".." || part.Equals(".git", StringComparison.OrdinalIgnoreCase))
            )
        )
        {
            yield return new IsolationFault(
                SandboxCodes.BadName,
                $"'{file}' cannot be the env file.",
                "Give a path inside the workspace, as in \".env.local\"."
            );
        }

        if (options.Limits is { IsPositive: false })
        {
            yield return new IsolationFault(
                SandboxCodes.BadLimit,
                "A limit of a command is zero or less, or a share of the processors above 100.",
                "Give positive limits, or none."
            );
        }
        else if ((options.Limits.AnyWatched || options.Limits.AnyHeld) && !LinuxProcess.IsAvailable)
        {
            yield return new IsolationFault(
                SandboxCodes.BadLimit,
                "This machine cannot hold commands to limits.",
                "Use 64-bit Linux with glibc 2.34 or later, or no limits."
            );
        }

        foreach (IsolationFault fault in ReadablePaths.Faults(options, host))
        {
            yield return fault;
        }

        foreach (string path in options.Shared)
        {
            if (HomeCopy.Resolve(path, host.Home).Fault is { } fault)
            {
                yield return fault;
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex PortName();
}
