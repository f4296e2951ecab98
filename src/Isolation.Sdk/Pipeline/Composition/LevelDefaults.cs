namespace Isolation.Sdk.Pipeline.Composition;

/// <summary>What an axis is when nobody chose it by hand.</summary>
internal static class LevelDefaults
{
    public static void Apply(IsolationPipelineBuilder builder, SealLevel level)
    {
        if (!builder.Workspaces.IsChosen)
        {
            _ =
                level == SealLevel.Cooperative
                    ? builder.Workspaces.UseGitWorktrees()
                    : builder.Workspaces.UsePrivateClones();
        }

        if (!builder.Contexts.IsChosen)
        {
            builder.Contexts.UseFresh();
        }

        if (!builder.State.IsChosen)
        {
            _ = level switch
            {
                SealLevel.Guarded => builder.State.UseConfinedSandbox(),
                SealLevel.Sealed => builder.State.UseSealedSandbox(),
                _ => builder.State.UseProcessSandbox(),
            };
        }
    }

    /// <summary>What a composition lacks for its level. What the machine lacks is the audit's to find.</summary>
    public static IEnumerable<IsolationFault> Check(IsolationPipelineBuilder builder, PipelineDraft draft)
    {
        SealLevel level = draft.Level;
        if (!Enum.IsDefined(level))
        {
            yield return new IsolationFault(
                PipelineCodes.BadOption,
                $"There is no level {level}.",
                "Use one of SealLevel's."
            );
        }

        if (draft.Untrusted && level != SealLevel.Sealed)
        {
            yield return new IsolationFault(
                PipelineCodes.UntrustedNeedsSealed,
                $"The workers are untrusted, and the level is {level}.",
                "Add .UseLevel(SealLevel.Sealed)."
            );
        }

        if (level == SealLevel.Cooperative)
        {
            yield break;
        }

        if (draft.RunsInProcess)
        {
            yield return new IsolationFault(
                PipelineCodes.InProcessRunner,
                $"A runner of this process cannot be held at the level {level}: it shares the host's memory, files and rights.",
                "Run a command instead: .RunProcess(…)."
            );
        }

        if (builder.Workspaces.Reaches < level)
        {
            yield return new IsolationFault(
                PipelineCodes.BelowLevel,
                $"At the level {level} a worker needs a repository of its own: a linked worktree writes to the shared one.",
                "Use .Workspaces.UsePrivateClones()."
            );
        }

        if (builder.State.Reaches < level)
        {
            yield return new IsolationFault(
                PipelineCodes.BelowLevel,
                $"The chosen sandbox does not reach the level {level}.",
                level == SealLevel.Sealed ? "Use .State.UseSealedSandbox(…)." : "Use .State.UseConfinedSandbox(…)."
            );
        }
    }

    /// <summary>What a level promises: a provider of somebody else's has to claim it, too.</summary>
    public static IsolationGuarantees Sealed(SealLevel level) =>
        level switch
        {
            SealLevel.Guarded => IsolationGuarantees.Confinement | IsolationGuarantees.Processes,
            SealLevel.Sealed => IsolationGuarantees.Confinement
                | IsolationGuarantees.Processes
                | IsolationGuarantees.Network,
            _ => IsolationGuarantees.None,
        };
}
