using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Composition;

/// <summary>A third party tests its decorator with the suite of its axis, around a built-in provider, by public API
/// alone.</summary>
public sealed class DecoratorConformanceTests
{
    [IsolationFact]
    public async Task A_decorator_goes_through_the_suite_of_its_axis_by_way_of_a_pipeline()
    {
        Suite suite = new();

        await suite.RunAsync(nameof(WorkspaceProviderConformance.A_workspace_is_at_its_base));

        Assert.Equal(1, suite.Acquired);
    }

    private sealed class Suite : WorkspaceProviderConformance
    {
        public int Acquired { get; private set; }

        protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
            new(
                new IsolationPipelineBuilder(repository.Path)
                    .Workspaces.Decorate((inner, _) => new Counting(this, inner))
                    .Merging.UseFirstWins()
                    .RunProcess("true")
                    .Build()
                    .Workspaces
            );

        private sealed class Counting(Suite suite, IWorkspaceProvider inner) : IWorkspaceProvider
        {
            public ValueTask<ProbeResult> ProbeAsync(
                RepositoryRef repository,
                CancellationToken cancellationToken = default
            ) => inner.ProbeAsync(repository, cancellationToken);

            public ValueTask<IWorkspace> AcquireAsync(
                WorkspaceRequest request,
                CancellationToken cancellationToken = default
            )
            {
                suite.Acquired++;
                return inner.AcquireAsync(request, cancellationToken);
            }

            public ValueTask<IWorkspace?> ReopenAsync(
                LeaseRecord record,
                CancellationToken cancellationToken = default
            ) => inner.ReopenAsync(record, cancellationToken);
        }
    }
}
