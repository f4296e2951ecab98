namespace Isolation.Sdk.Leaks;

/// <summary>What was seen of a channel between two workers.</summary>
public enum LeakOutcome
{
    /// <summary>Nothing: it was not tried, or could not be. The first one, so that what was never set is no
    /// success.</summary>
    NotTried,

    /// <summary>One worker got through to the other, and nobody noticed.</summary>
    Leak,

    /// <summary>It got through, and the contamination guard named it; the work is kept and does not land.</summary>
    Detected,

    /// <summary>It was tried, and did not get through.</summary>
    Sealed,

    /// <summary>What could leak is refused before anything starts.</summary>
    Refused,
}
