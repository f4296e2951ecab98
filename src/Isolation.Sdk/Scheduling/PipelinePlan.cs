using Isolation.Sdk.Attempts;
using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Scheduling;

// What a run is carried out by: what a builder was told, and what was made of it.
internal sealed record PipelinePlan(PipelineSettings Settings, WorkerPlan Workers, GitRepositoryCache Repositories)
{
    public required ForecastOptions Forecast { get; init; }

    // The sandbox and what it wraps, the outermost first: each may know what the others do not tell.
    public required IReadOnlyList<IStateSandbox> Sandboxes { get; init; }

    public required IReadOnlyList<IMergeStrategy> Strategies { get; init; }

    public required IReadOnlyList<object> Made { get; init; }

    public IsolationOptions Options => Workers.Options;

    public TimeProvider Time => Workers.Time;

    public IMergeStrategy Merging => Strategies[0];

    // The pipeline's own target; an item may have another one.
    public string TargetRef => Workers.TargetRef;

    public Task<GitRepository> OpenRepositoryAsync(CancellationToken cancellationToken) =>
        Repositories.OpenAsync(Settings.Repository, cancellationToken);
}
