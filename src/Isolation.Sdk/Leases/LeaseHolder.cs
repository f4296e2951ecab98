namespace Isolation.Sdk.Leases;

/// <summary>The process that took a lease. The lock says whether it lives; these say who it was.</summary>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Started">When that process started.</param>
/// <param name="BootId">The kernel's boot id, empty where there is none.</param>
/// <param name="HostId">The machine's name.</param>
/// <param name="Taken">When the lease was taken.</param>
public sealed record LeaseHolder(
    int ProcessId,
    DateTimeOffset Started,
    string BootId,
    string HostId,
    DateTimeOffset Taken
);
