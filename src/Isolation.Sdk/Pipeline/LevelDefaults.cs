namespace Isolation.Sdk.Pipeline;

/// <summary>What an axis is when nobody chose it by hand.</summary>
internal static class LevelDefaults
{
    public static void Apply(IsolationPipelineBuilder builder, SealLevel level)
    {
        if (level != SealLevel.Cooperative)
        {
            return;
        }

        if (!builder.Workspaces.IsChosen)
        {
            builder.Workspaces.UseGitWorktrees();
        }

        if (!builder.Contexts.IsChosen)
        {
            builder.Contexts.UseFresh();
        }

        if (!builder.State.IsChosen)
        {
            builder.State.UseProcessSandbox();
        }
    }
}
