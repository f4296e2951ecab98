namespace Isolation.Sdk.Composition;

internal sealed record AxisChoice<TProvider>
    where TProvider : class
{
    public Func<IServiceProvider, TProvider>? Create { get; init; }

    // The host made it, and disposes it.
    public bool IsInstance { get; init; }

    // What it is made for; null for a third party's, of which only its probe tells.
    public SandboxLevel? MaxLevel { get; init; }

    public IReadOnlyList<Func<TProvider, IServiceProvider, TProvider>> Decorators { get; init; } = [];

    // The outermost wrapper first, the implementation last; what the pipeline has to dispose goes into 'made'.
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
