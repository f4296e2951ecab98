using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk.Composition;

internal static class IsolationAudit
{
    // Findings that a host may accept with a reason: rules of thumb, and what only the worker can know for sure.
    public static readonly IReadOnlyList<string> Waivable =
    [
        GuardCodes.OwnWorkTree,
        GuardCodes.FreshContext,
        GuardCodes.NoSharedState,
        CompositionCodes.MergeDecided,
        SandboxCodes.CommandNotFound,
        SandboxCodes.Detour,
    ];

    // From how many workers on each is needed.
    private const int NeedsWorkTrees = 2;
    private const int NeedsContexts = 5;
    private const int NeedsState = 20;

    public static AuditReport NotRun(PipelinePlan plan) =>
        new([], IsolationGuarantees.None, IsolationGuarantees.None, plan.Options.MaxWorkers);

    public static async Task<AuditReport> RunAsync(PipelinePlan plan, CancellationToken cancellationToken)
    {
        AuditReport empty = NotRun(plan);
        GitRepository repository;
        try
        {
            repository = await plan.OpenRepositoryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IsolationException e)
        {
            return empty with { Faults = [e.Fault] };
        }

        RepositoryRef reference = new(plan.Settings.Repository);
        List<IsolationFault> faults = [];
        List<string> notices = [];
        bool whole = true;
        IsolationGuarantees @sealed = IsolationGuarantees.None;
        IsolationGuarantees detected = ContaminationGuard.Detects;
        foreach (
            IIsolationAxis axis in (IIsolationAxis[])
                [plan.Workers.Workspaces, plan.Workers.Contexts, plan.Workers.Sandbox, plan.Merging]
        )
        {
            ProbeResult probe = await axis.ProbeAsync(reference, cancellationToken).ConfigureAwait(false);
            @sealed |= probe.Sealed;
            detected |= probe.Detected;
            whole &= probe.Problems.Count == 0; // An axis that cannot work seals nothing, which would only repeat it.
            faults.AddRange(probe.Problems.Where(p => !faults.Exists(f => f.Code == p.Code)));
            notices.AddRange(probe.Notices.Except(notices, StringComparer.Ordinal));
        }

        if (!faults.Exists(f => f.Code == GitCodes.EmptyRepository))
        {
            faults.AddRange(await CheckTargetAsync(plan, repository, cancellationToken).ConfigureAwait(false));
            string? behind = await TargetBranch
                .FindBehindAsync(repository, plan, cancellationToken)
                .ConfigureAwait(false);
            notices.AddRange(behind is null ? [] : [behind]);
        }

        if (whole)
        {
            faults.AddRange(CheckGuarantees(plan.Settings, plan.Options.MaxWorkers, @sealed, detected));
        }

        faults.AddRange(CheckCommands(plan));
        if (repository.TopLevel is { } checkout)
        {
            faults.AddRange(plan.Sandboxes.Select(s => s.FindDetour(checkout)).OfType<IsolationFault>().Take(1));
        }

        return empty with
        {
            Faults = [.. faults.Where(f => !plan.Settings.Waivers.ContainsKey(f.Code))],
            Waived =
            [
                .. faults
                    .Where(f => plan.Settings.Waivers.ContainsKey(f.Code))
                    .Select(f => f with { WaivedBecause = plan.Settings.Waivers[f.Code] }),
            ],
            Sealed = @sealed,
            Detected = detected & ~@sealed,
            Notices = notices,
        };
    }

    // Commands that no worker could start. A setup command may still bring the runner's program; then the worker tells.
    private static IEnumerable<IsolationFault> CheckCommands(PipelinePlan plan)
    {
        IEnumerable<string> files =
            plan.Settings.Setup.Count > 0 ? plan.Settings.Setup.Select(c => c.File)
            : plan.Settings.RunnerFile is { } runner ? [runner]
            : [];
        return files
            .SelectMany(file => plan.Sandboxes.Select(s => s.FindMissing(file)).OfType<IsolationFault>().Take(1))
            .Distinct();
    }

    private static async Task<IReadOnlyList<IsolationFault>> CheckTargetAsync(
        PipelinePlan plan,
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        string target = plan.Settings.Target;
        if (plan.Settings.TargetFrom is { } start && RevisionNames.FindAmbiguity(repository, start) is { } ambiguous)
        {
            return [ambiguous];
        }

        async Task<bool> ExistsAsync(string revision) =>
            await repository.TryResolveCommitAsync(revision, cancellationToken).ConfigureAwait(false) is not null;
        static IReadOnlyList<IsolationFault> Bad(string message, string remedy) =>
            [new IsolationFault(SchedulingCodes.BadTarget, message, remedy)];

        if (await ExistsAsync(plan.TargetRef).ConfigureAwait(false))
        {
            List<IsolationFault> faults = [];
            MergeTarget mergeTarget = new(repository.Reference, plan.TargetRef);
            foreach (IMergeStrategy strategy in plan.Strategies)
            {
                faults.AddRange(await strategy.CheckAsync(mergeTarget, cancellationToken).ConfigureAwait(false));
            }

            return [.. faults.Distinct()];
        }

        if (plan.Settings.TargetFrom is not { } from)
        {
            return await ExistsAsync("HEAD").ConfigureAwait(false)
                ? Bad(
                    $"There is no branch '{target}'.",
                    $"Name one that exists, or say where it starts: .Target(\"{target}\", from: \"HEAD\")."
                )
                :
                [
                    new IsolationFault(
                        GitCodes.EmptyRepository,
                        "The repository has no commit yet.",
                        "Make a first commit; workers start from one."
                    ),
                ];
        }

        if (!await ExistsAsync(from).ConfigureAwait(false))
        {
            return Bad(
                $"The target starts from '{PlainText.SingleLine(from, 200)}', which names no commit.",
                "Give a branch, a tag or a commit id."
            );
        }

        return
            await TargetBranch.FindConflictAsync(repository, target, cancellationToken).ConfigureAwait(false)
                is { } conflict
            ? Bad(
                $"The target '{target}' cannot be created: {conflict}.",
                "Choose another name, or delete or rename that branch."
            )
            : [];
    }

    private static IEnumerable<IsolationFault> CheckGuarantees(
        PipelineSettings settings,
        int workers,
        IsolationGuarantees @sealed,
        IsolationGuarantees detected
    )
    {
        bool Lacks(int from, IsolationGuarantees needed) => workers >= from && !@sealed.HasFlag(needed);
        IsolationGuarantees open =
            (settings.RequiredSealed | CompositionValidator.GuaranteesOf(settings.Level)) & ~@sealed;
        IsolationGuarantees blind = settings.RequiredDetected & ~(@sealed | detected);
        return CompositionValidator.Faults([
            (
                Lacks(NeedsWorkTrees, IsolationGuarantees.Files),
                GuardCodes.OwnWorkTree,
                $"{workers} workers need a work tree each, and the workspace provider does not seal files.",
                "Use .Workspaces.UseGitWorktrees() or .UsePrivateClones(), or one worker."
            ),
            (
                Lacks(NeedsContexts, IsolationGuarantees.Context),
                GuardCodes.FreshContext,
                $"{workers} workers need a fresh context each, and the context factory does not promise one.",
                "Use .Contexts.UseFresh(), or fewer workers."
            ),
            (
                Lacks(NeedsState, IsolationGuarantees.Environment | IsolationGuarantees.Temp),
                GuardCodes.NoSharedState,
                $"{workers} workers need their own state each, and the sandbox does not seal environment and temp.",
                "Use .Sandbox.UseProcess(), or fewer workers."
            ),
            (
                Lacks(NeedsState, IsolationGuarantees.TestedLanding),
                CompositionCodes.MergeDecided,
                $"{workers} workers need an automated merge queue that tests what it lands.",
                $"Use .Merging.UseSerialQueue(…), or say why not: .Waive(\"{CompositionCodes.MergeDecided}\", \"why\")."
            ),
            (
                open != IsolationGuarantees.None,
                CompositionCodes.NotGuaranteed,
                $"Required to be sealed and not so here: {open}.",
                "Choose providers or a level that seal it, or require detection only."
            ),
            (
                blind != IsolationGuarantees.None,
                CompositionCodes.NotGuaranteed,
                $"Required to be detected and not so here: {blind}.",
                "Choose providers or a level that detect it."
            ),
        ]);
    }
}
