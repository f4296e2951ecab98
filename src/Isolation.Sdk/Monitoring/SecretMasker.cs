namespace Isolation.Sdk.Monitoring;

internal sealed class SecretMasker
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private volatile SecretMask _mask = SecretMask.None;

    public void Add(string secret)
    {
        lock (_gate)
        {
            if (_secrets.Add(secret))
            {
                _mask = new SecretMask(_secrets);
            }
        }
    }

    public string Apply(string text) => _mask.Mask(text);
}
