namespace Isolation.Sdk.Guard;

internal sealed record GuardOptions(string TargetRef, bool WatchCheckout = true, bool Restore = false);
