using Isolation.Sdk;
using Isolation.Sdk.Merging;

namespace Rig.Viewing;

/// <summary>Reads merge queues from outside the processes that act in them: all of a repository, or the one of a
/// target.</summary>
internal sealed class QueueReader(RepositoryRef repository, string? target)
{
    private readonly MergeQueueClient _client = new(repository);

    /// <summary>What to say when there is none.</summary>
    public string Nothing =>
        target is null
            ? $"{repository.Path} has no merge queue."
            : $"Nothing was ever submitted to land on {WorkerView.Short(target)}.";

    public Task<IReadOnlyList<QueueReport>> ReadAsync(CancellationToken cancellationToken) =>
        _client.DescribeAsync(target, cancellationToken);
}
