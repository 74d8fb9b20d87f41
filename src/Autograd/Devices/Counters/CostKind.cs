namespace ResearchFreeze.Autograd;

/// <summary>What work is done for; the ledger's columns.</summary>
public enum CostKind
{
    /// <summary>Forward passes of training steps.</summary>
    Forward,

    /// <summary>Gradients with respect to activations.</summary>
    InputGradient,

    /// <summary>Gradients with respect to parameters.</summary>
    WeightGradient,

    /// <summary>Parameter updates.</summary>
    Optimizer,

    /// <summary>Freezing statistics and decisions.</summary>
    Statistics,

    /// <summary>Probe steps for frozen units.</summary>
    Probe,

    /// <summary>Forward cache.</summary>
    Cache,

    /// <summary>What data-parallel training gives to reductions between ranks: bytes of gradients, and of running moments.</summary>
    Communication,

    /// <summary>Validation and test.</summary>
    Evaluation,

    /// <summary>Everything outside a training step: uploads, initialisation.</summary>
    Other,
}
