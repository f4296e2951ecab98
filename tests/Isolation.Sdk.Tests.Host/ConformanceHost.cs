using System.Collections.Concurrent;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Host;

/// <summary>Runs the suite of the workspaces in this process, that is, on its disk: the repositories are where its temp
/// folder is.</summary>
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

        return new HostAnswer
        {
            Checks = checks,
            MethodsUsed = [.. suite.MethodsUsed.Keys.Order(StringComparer.Ordinal)],
        };
    }

    private sealed class Suite(ConformanceRequest wanted) : WorkspaceProviderConformance
    {
        private readonly CheckoutMethod _method = Enum.Parse<CheckoutMethod>(wanted.CheckoutMethod);

        public ConcurrentDictionary<string, bool> MethodsUsed { get; } = new(StringComparer.Ordinal);

        protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
            new(
                new Noting(
                    this,
                    wanted.Clones
                        ? new PrivateCloneProvider(
                            new WorkspaceOptions { CheckoutMethod = _method },
                            TimeProvider.System
                        )
                        : new GitWorktreeProvider(
                            new WorkspaceOptions { CheckoutMethod = _method },
                            TimeProvider.System
                        )
                )
            );
    }

    /// <summary>Writes down how what it hands out was filled.</summary>
    private sealed class Noting(Suite suite, GitWorkspaceProvider inner) : IWorkspaceProvider, IAsyncDisposable
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public async ValueTask<IWorkspace> AcquireAsync(
            WorkspaceRequest request,
            CancellationToken cancellationToken = default
        )
        {
            IWorkspace made = await inner.AcquireAsync(request, cancellationToken);
            suite.MethodsUsed[made.Info.CheckedOutBy?.ToString() ?? "unknown"] = true;
            return made;
        }

        public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
