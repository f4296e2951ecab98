using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk.Composition;

/// <summary>Looks at git, kernel and repository before anything is spawned, and changes none of them.</summary>
internal static class IsolationAudit
{
    /// <summary>From how many workers on each of the three phases is needed.</summary>
    private const int NeedsWorkTrees = 2,
        NeedsContexts = 5,
        NeedsState = 20;

    /// <summary>What is known without a look.</summary>
    public static AuditReport NotRun(PipelinePlan plan) =>
        new([], IsolationGuarantees.None, IsolationGuarantees.None, plan.Options.MaxWorkers, plan.Settings.Phase)
        {
            Override = plan.Settings.ScaleOverride,
        };

    public static async Task<AuditReport> RunAsync(PipelinePlan plan, CancellationToken cancellationToken)
    {
        RepositoryRef reference = new(plan.Settings.Repository);
        AuditReport empty = NotRun(plan);
        GitRepository repository;
        try
        {
            repository = await plan
                .Services.Repositories.OpenAsync(plan.Settings.Repository, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IsolationException e)
        {
            return empty with { Faults = [e.Fault] };
        }

        List<IsolationFault> faults = [];
        List<string> notices = [];
        bool whole = true;
        IsolationGuarantees @sealed = IsolationGuarantees.None;
        IsolationGuarantees detected = ContaminationGuard.Detects;
        foreach (
            IIsolationAxis axis in new IIsolationAxis[] { plan.Workspaces, plan.Contexts, plan.Sandbox, plan.Merging }
        )
        {
            ProbeResult report = await axis.ProbeAsync(reference, cancellationToken).ConfigureAwait(false);
            @sealed |= report.Sealed;
            detected |= report.Detected;
            whole &= report.Problems.Count == 0; // An axis that cannot work seals nothing, which would only say it again.
            faults.AddRange(report.Problems.Where(m => !faults.Exists(f => f.Code == m.Code)));
            notices.AddRange(report.Notices.Except(notices, StringComparer.Ordinal));
        }

        if (!faults.Exists(f => f.Code == GitCodes.EmptyRepository))
        {
            faults.AddRange(await CheckTargetAsync(plan, repository, cancellationToken).ConfigureAwait(false));
        }

        if (whole)
        {
            faults.AddRange(CheckScale(plan, @sealed));
            faults.AddRange(CheckRequired(plan, @sealed, detected));
        }

        faults.AddRange(CommandCheck.Check(plan));
        return empty with { Faults = faults, Sealed = @sealed, Detected = detected & ~@sealed, Notices = notices };
    }

    private static async Task<IReadOnlyList<IsolationFault>> CheckTargetAsync(
        PipelinePlan plan,
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        string? commit = await repository
            .TryResolveCommitAsync(plan.TargetRef, cancellationToken)
            .ConfigureAwait(false);
        if (commit is null && plan.Settings.TargetFrom is null)
        {
            return await repository.TryResolveCommitAsync("HEAD", cancellationToken).ConfigureAwait(false) is null
                ?
                [
                    new IsolationFault(
                        GitCodes.EmptyRepository,
                        "The repository has no commit yet.",
                        "Make a first commit; workers start from one."
                    ),
                ]
                :
                [
                    new IsolationFault(
                        PipelineCodes.BadTarget,
                        $"There is no branch '{plan.Settings.Target}'.",
                        $"Name one that exists, or say where it starts: .Target(\"{plan.Settings.Target}\", from: \"HEAD\")."
                    ),
                ];
        }

        if (
            commit is null
            && await repository
                .TryResolveCommitAsync(plan.Settings.TargetFrom!, cancellationToken)
                .ConfigureAwait(false)
                is null
        )
        {
            return
            [
                new IsolationFault(
                    PipelineCodes.BadTarget,
                    $"The target starts from '{PlainText.SingleLine(plan.Settings.TargetFrom!, 200)}', which names no commit.",
                    "Give a branch, a tag or a commit id."
                ),
            ];
        }

        if (
            commit is null
            && await TargetBranch
                .FindConflictAsync(repository, plan.Settings.Target, cancellationToken)
                .ConfigureAwait(false)
                is { } conflict
        )
        {
            return
            [
                new IsolationFault(
                    PipelineCodes.BadTarget,
                    $"The target '{plan.Settings.Target}' cannot be created: {conflict}.",
                    "Choose another name, or delete or rename that branch."
                ),
            ];
        }

        return commit is not null && plan.Merging is MergeStrategy own
            ? await own.CheckTargetAsync(new MergeTarget(repository.Reference, plan.TargetRef), cancellationToken)
                .ConfigureAwait(false)
            : [];
    }

    private static IEnumerable<IsolationFault> CheckScale(PipelinePlan plan, IsolationGuarantees @sealed)
    {
        int workers = plan.Options.MaxWorkers;
        IsolationPhase phase = plan.Settings.Phase;
        if (workers >= NeedsWorkTrees && !@sealed.HasFlag(IsolationGuarantees.Files))
        {
            yield return new IsolationFault(
                PipelineCodes.OwnWorkTree,
                $"{workers} workers need a work tree each, and the workspace provider does not seal files.",
                "Use .Workspaces.UseGitWorktrees() or .UsePrivateClones(), or one worker."
            );
        }

        if (
            (workers >= NeedsContexts || phase >= IsolationPhase.Contexts)
            && !@sealed.HasFlag(IsolationGuarantees.Context)
        )
        {
            yield return new IsolationFault(
                PipelineCodes.FreshContext,
                $"{workers} workers in phase {phase} need a fresh context each, and the context factory does not give one.",
                "Use .Contexts.UseFresh(), or fewer workers and an earlier phase."
            );
        }

        const IsolationGuarantees State = IsolationGuarantees.Environment | IsolationGuarantees.Temp;
        if ((workers >= NeedsState || phase >= IsolationPhase.State) && !@sealed.HasFlag(State))
        {
            yield return new IsolationFault(
                PipelineCodes.NoSharedState,
                $"{workers} workers in phase {phase} need their own state each, and the sandbox does not seal environment and temp.",
                "Use .Sandbox.UseProcess(), or fewer workers and an earlier phase."
            );
        }

        if (
            workers >= NeedsState
            && !@sealed.HasFlag(IsolationGuarantees.TestedLanding)
            && plan.Settings.ScaleOverride is null
        )
        {
            yield return new IsolationFault(
                PipelineCodes.MergeDecided,
                $"{workers} workers need an automated merge queue that tests what it lands.",
                "Use .Merging.UseSerialQueue(…), or .AcceptManualScale(\"why\"), which goes into the report."
            );
        }
    }

    private static IEnumerable<IsolationFault> CheckRequired(
        PipelinePlan plan,
        IsolationGuarantees @sealed,
        IsolationGuarantees detected
    )
    {
        IsolationGuarantees open =
            (plan.Settings.RequiredSealed | LevelDefaults.Sealed(plan.Settings.Level)) & ~@sealed;
        if (open != IsolationGuarantees.None)
        {
            yield return new IsolationFault(
                PipelineCodes.NotGuaranteed,
                $"Required to be sealed and not so here: {open}.",
                "Choose providers or a level that seal it, or require detection only."
            );
        }

        IsolationGuarantees blind = plan.Settings.RequiredDetected & ~(@sealed | detected);
        if (blind != IsolationGuarantees.None)
        {
            yield return new IsolationFault(
                PipelineCodes.NotGuaranteed,
                $"Required to be detected and not so here: {blind}.",
                "Choose providers or a level that detect it."
            );
        }
    }
}
