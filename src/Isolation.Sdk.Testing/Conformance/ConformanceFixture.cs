namespace Isolation.Sdk.Testing;

/// <summary>What one check works on: a repository and the axis for it, both its own.</summary>
/// <typeparam name="TAxis">The axis.</typeparam>
internal sealed class ConformanceFixture<TAxis>(ThrowawayRepository repository, TAxis axis, string head)
    : IAsyncDisposable
    where TAxis : class, IIsolationAxis
{
    public ThrowawayRepository Repository { get; } = repository;

    public TAxis Axis { get; } = axis;

    /// <summary>The commit that <c>main</c> is at.</summary>
    public string Head { get; } = head;

    /// <summary>Issues an attempt as a pipeline does: by creating its ref at the base commit.</summary>
    public async Task<FakeLease> IssueAsync(string item, Action<string, string>? onNote = null)
    {
        FakeLease lease = new(new AttemptId(item, 1)) { OnNote = onNote };
        await Repository.GitAsync(["update-ref", lease.Attempt.RefName, Head]).ConfigureAwait(false);
        return lease;
    }

    public async ValueTask DisposeAsync()
    {
        if (Axis is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
        }

        await Repository.DisposeAsync().ConfigureAwait(false);
    }
}
