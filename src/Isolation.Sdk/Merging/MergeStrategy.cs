using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
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

        GitRepository repository = await RepositoryAsync(target.Repository, cancellationToken).ConfigureAwait(false);
        if (await repository.TryResolveCommitAsync(target.Ref, cancellationToken).ConfigureAwait(false) is null)
        {
            return [Missing(new QueueLayout(repository, target.Ref))];
        }

        return [.. await CheckoutFaultsAsync(repository, target.Ref, cancellationToken).ConfigureAwait(false)];
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

        GitRepository repository = await RepositoryAsync(target.Repository, cancellationToken).ConfigureAwait(false);
        QueueContext context = new(
            new QueueLayout(repository, target.Ref),
            policy,
            sandbox,
            folder ?? WorkersDirectory.Beside(repository.CommonDirectory),
            time,
            logger
        )
        {
            Faults = Faults,
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

    private async Task<IReadOnlyList<IsolationFault>> CheckoutFaultsAsync(
        GitRepository repository,
        string target,
        CancellationToken cancellationToken
    )
    {
        List<IsolationFault> faults = [];
        foreach (string tree in TargetCheckouts.Of(repository, target))
        {
            if (!policy.Options.FastForwardCheckout)
            {
                faults.Add(
                    new IsolationFault(
                        MergingCodes.TargetCheckedOut,
                        $"{target} is checked out in '{tree}', whose files would fall behind.",
                        "Merge into a branch of its own: .Target(\"isolation/main\", from: \"main\"), or "
                            + "let that checkout be moved along while it is clean: o.FastForwardCheckout = true."
                    )
                );
            }
            else if (File.Exists(new QueueLayout(repository, target).Checkout))
            {
                // It fell behind in a landing whose process died: the queue moves it along before anything else.
                continue;
            }
            else if (
                (
                    await repository
                        .Client.RunAsync(GitCommand.In(tree, "status", "--porcelain"), cancellationToken)
                        .ConfigureAwait(false)
                )
                    .Output
                    .Length > 0
            )
            {
                faults.Add(
                    new IsolationFault(
                        MergingCodes.TargetCheckoutDirty,
                        $"{target} is checked out in '{tree}', which has uncommitted changes.",
                        "Commit or stash them there, or merge into a branch of its own: "
                            + ".Target(\"isolation/main\", from: \"main\")."
                    )
                );
            }
        }

        return faults;
    }

    private Task<GitRepository> RepositoryAsync(RepositoryRef repository, CancellationToken cancellationToken) =>
        _repositories.OpenAsync(repository.Path, cancellationToken);
}
