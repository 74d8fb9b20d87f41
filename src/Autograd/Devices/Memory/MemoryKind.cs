namespace ResearchFreeze.Autograd;

/// <summary>What a storage is used for, for the memory ledger.</summary>
public enum MemoryKind
{
    /// <summary>Results of operations and work space.</summary>
    Activation,

    /// <summary>Gradients of parameters.</summary>
    Gradient,

    /// <summary>Parameters and buffers.</summary>
    Parameter,

    /// <summary>Optimizer state.</summary>
    Optimizer,

    /// <summary>Statistics, snapshots and scalars that outlive a step.</summary>
    Statistic,
}
