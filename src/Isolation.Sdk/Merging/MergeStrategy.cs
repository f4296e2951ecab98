using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

internal sealed class MergeStrategy(
    MergePolicy policy,
    IStateSandbox? sandbox,
    WorkersDirectory? folder,
    TimeProvider time,
    ILogger logger,
    GitRepositoryCache? repositories = null
) : IMergeStrategy
{
    private readonly GitRepositoryCache _repositories = repositories ?? new GitRepositoryCache();

    public MergePolicy Policy => policy;

    public FaultPoints Faults { get; init; } = FaultPoints.None;

    public SetupCommands? Setup { get; init; }

    public ValueTask<ProbeResult> ProbeAsync(RepositoryRef repository, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(
            new ProbeResult(
                policy.NeedsGate ? IsolationGuarantees.TestedLanding : IsolationGuarantees.None,
                IsolationGuarantees.None,
                [.. FindFaults(), .. FindMissingCommands()]
            )
        );

    public async ValueTask<IReadOnlyList<IsolationFault>> CheckAsync(
        MergeTarget target,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!target.Ref.StartsWith("refs/heads/", StringComparison.Ordinal) || target.Ref.EndsWith('/'))
        {
            return
            [
                new IsolationFault(
                    MergingCodes.BadTarget,
                    $"'{target.Ref}' is not a branch by its full name.",
                    "Give it in full, for example refs/heads/main."
                ),
            ];
        }

        QueueLayout names = await LayoutAsync(target, cancellationToken).ConfigureAwait(false);
        IsolationFault? problem = await names
            .Repository.TryResolveCommitAsync(target.Ref, cancellationToken)
            .ConfigureAwait(false)
            is null
            ? Missing(names)
            : await CheckoutUpdater.FindObstacleAsync(names, policy, cancellationToken).ConfigureAwait(false);
        return problem is null ? [] : [problem];
    }

    public async ValueTask<IMergeQueue> OpenAsync(MergeTarget target, CancellationToken cancellationToken = default)
    {
        List<IsolationFault> faults =
        [
            .. FindFaults(),
            .. await CheckAsync(target, cancellationToken).ConfigureAwait(false),
        ];
        if (faults.Count > 0)
        {
            throw new IsolationConfigurationException(faults) { Stage = Stage.Merge };
        }

        QueueLayout names = await LayoutAsync(target, cancellationToken).ConfigureAwait(false);
        QueueContext context = new(
            names,
            policy,
            sandbox,
            folder ?? WorkersDirectory.Beside(names.Repository.CommonDirectory),
            time,
            logger
        )
        {
            Faults = Faults,
            Setup = Setup,
        };
        return await MergeQueue.OpenAsync(context, cancellationToken).ConfigureAwait(false);
    }

    internal static IsolationFault Missing(QueueLayout names) =>
        new(
            MergingCodes.TargetMissing,
            $"There is no {names.Target} to merge into.",
            $"Create it: git branch {names.ShortTarget} <commit>"
        );

    private IEnumerable<IsolationFault> FindFaults() =>
        policy.Gates.Count > 0 && sandbox is null
            ? policy
                .Validate()
                .Append(
                    new IsolationFault(
                        MergingCodes.NoSandbox,
                        "The gate has no state sandbox to run in.",
                        "Give one: .Sandbox.UseProcess(), or the sandbox argument of MergeStrategies.SerialQueue."
                    )
                )
            : policy.Validate();

    private IEnumerable<IsolationFault> FindMissingCommands() =>
        sandbox is null
            ? []
            : policy.Gates.Select(g => g?.File is { } file ? sandbox.FindMissing(file) : null).OfType<IsolationFault>();

    private async Task<QueueLayout> LayoutAsync(MergeTarget target, CancellationToken cancellationToken) =>
        new(await _repositories.OpenAsync(target.Repository.Path, cancellationToken).ConfigureAwait(false), target.Ref);
}
