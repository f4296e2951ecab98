using Isolation.Sdk;
using Isolation.Sdk.Testing;
using Rig.Running;

namespace Rig.Viewing;

/// <summary>What this machine gives at one level, as <c>--json</c> writes it: <c>rig.doctor/1</c>.</summary>
internal sealed record LevelView(
    SandboxLevel Level,
    bool Given,
    IReadOnlyList<IsolationGuarantees> Sealed,
    IReadOnlyList<IsolationGuarantees> Detected,
    IReadOnlyList<IsolationFault> Missing,
    IReadOnlyList<string> Notices
)
{
    /// <summary>Asks the axes of a pipeline at each level, on a throwaway repository: what is the machine's shows there
    /// as anywhere.</summary>
    public static async Task<IReadOnlyList<LevelView>> ProbeAsync(
        SandboxLevel? asked,
        CancellationToken cancellationToken
    )
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync(cancellationToken);
        List<LevelView> views = [];
        foreach (SandboxLevel level in Enum.GetValues<SandboxLevel>().Where(l => asked is null || l == asked))
        {
            await using IsolationPipeline pipeline = Composition.ForLooking(repository.Reference, level);
            AuditReport audit = await pipeline.AuditAsync(cancellationToken);
            views.Add(
                new LevelView(
                    level,
                    audit.Passed,
                    Flags(audit.Sealed),
                    Flags(audit.Detected),
                    audit.Faults,
                    audit.Notices
                )
            );
        }

        return views;
    }

    private static IReadOnlyList<IsolationGuarantees> Flags(IsolationGuarantees all) =>
        [.. Enum.GetValues<IsolationGuarantees>().Where(g => g != IsolationGuarantees.None && all.HasFlag(g))];
}
