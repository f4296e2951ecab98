using Isolation.Sdk.Leasing;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;
using Isolation.Sdk.Workspaces.Clones;
using Isolation.Sdk.Workspaces.Worktrees;

namespace Isolation.Sdk.Tests.Host;

/// <summary>Runs the suite of the workspaces in this process, that is, on its disk: the repositories are where its temp folder is.</summary>
internal static class ConformanceHost
{
    public static async Task<HostAnswer> AnswerAsync(ConformanceRequest wanted)
    {
        Suite suite = new(wanted);
        List<HostCheck> checks = [];
        foreach (ConformanceCheck check in suite.Checks)
        {
            string? failure = null;
            try
            {
                await check.RunAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                failure = e.ToString();
            }

            checks.Add(new HostCheck(check.Name, failure));
        }

        return new HostAnswer { Checks = checks };
    }

    private sealed class Suite(ConformanceRequest wanted) : WorkspaceProviderConformance
    {
        protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) => new(wanted.Clones
            ? new PrivateCloneProvider(new PrivateCloneOptions(), TimeProvider.System)
            : new GitWorktreeProvider(new GitWorktreeOptions(), TimeProvider.System));
    }
}
