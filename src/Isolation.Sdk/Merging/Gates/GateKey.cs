using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>What a pass of a tree is reused by: the gate as it was asked for, and what it ran in as far as that can be known.</summary>
internal sealed record GateKey(string Gate, string Environment)
{
    private const int Length = 32;

    /// <summary>Of a queue.</summary>
    /// <param name="context">The queue.</param>
    /// <param name="git">What <c>git --version</c> says.</param>
    public static GateKey Of(QueueContext context, string git) =>
        new(Hash([.. Spec(context.Policy)]), Hash([.. Surroundings(context, git)]));

    /// <summary>Whether passes hold beyond the life of a queue: code of the host may be another one tomorrow, unless it names its version.</summary>
    public static bool IsLasting(MergePolicy policy) =>
        policy.Gates.All(g => g.Command is not null || g.Version is not null);

    private static IEnumerable<string> Spec(MergePolicy policy)
    {
        foreach (MergeGate gate in policy.Gates)
        {
            IEnumerable<string> part = gate.Command is { } command
                ?
                [
                    "command",
                    command.File,
                    .. command.Arguments,
                    command.Directory ?? "",
                    .. command
                        .Environment.OrderBy(e => e.Key, StringComparer.Ordinal)
                        .Select(e => $"{e.Key}={e.Value}"),
                ]
                : ["code", gate.Name, gate.Version ?? ""];
            yield return Hash([.. part]);
        }

        yield return policy.Options.MinimumGateTime.Ticks.ToString(CultureInfo.InvariantCulture);
        yield return Hash([.. policy.Options.CachePaths]);
    }

    private static IEnumerable<string> Surroundings(QueueContext context, string git)
    {
        yield return git;
        yield return RuntimeInformation.OSDescription;
        yield return RuntimeInformation.OSArchitecture.ToString();
        yield return context.Sandbox?.Fingerprint ?? context.Sandbox?.GetType().FullName ?? "";
        yield return context.Policy.Options.CacheKey ?? "";
    }

    // Each part with its length, so that no two lists read the same.
    private static string Hash(IReadOnlyList<string> parts) =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    string.Concat(parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Length}:{p}")))
                )
            )
        )[..Length];
}
