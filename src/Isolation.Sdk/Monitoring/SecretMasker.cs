namespace Isolation.Sdk.Monitoring;

/// <summary>Takes secrets that become known one by one out of everything that is about to be shown or stored.</summary>
internal sealed class SecretMasker
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private volatile SecretMask _mask = SecretMask.None;

    /// <summary>From now on this is never shown, neither as a URL or JSON spells it, nor by its long lines.</summary>
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
