namespace Isolation.Sdk.Composition;

/// <summary>What a builder was told about one axis.</summary>
internal sealed record AxisChoice<TProvider>
    where TProvider : class
{
    public Func<IServiceProvider, TProvider>? Create { get; init; }

    /// <summary>Whether the host made the implementation, and so disposes it.</summary>
    public bool IsInstance { get; init; }

    /// <summary>The highest level it is made for; null for a third party's, of which only its probe tells.</summary>
    public SandboxLevel? MaxLevel { get; init; }

    public IReadOnlyList<Func<TProvider, IServiceProvider, TProvider>> Decorators { get; init; } = [];

    /// <summary>Makes the implementation and its wrappers, and adds to <paramref name="made"/> what the pipeline has to
    /// dispose.</summary>
    /// <returns>The outermost wrapper first, the implementation last.</returns>
    public IReadOnlyList<TProvider> Make(IServiceProvider services, ICollection<object> made)
    {
        TProvider provider = NotNull(Create!(services));
        if (!IsInstance)
        {
            made.Add(provider);
        }

        List<TProvider> layers = [provider];
        foreach (Func<TProvider, IServiceProvider, TProvider> wrap in Decorators.Reverse())
        {
            provider = NotNull(wrap(provider, services));
            made.Add(provider);
            layers.Insert(0, provider);
        }

        return layers;
    }

    private static TProvider NotNull(TProvider? provider) =>
        provider ?? throw new InvalidOperationException($"A factory of {typeof(TProvider).Name} returned null.");
}
