using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>What a frozen batch norm does in a training step. In evaluation it always uses its running moments.</summary>
public enum FrozenNormalisation
{
    /// <summary>As in evaluation: running moments, which stay as they are. Train and eval agree, and the input gradient keeps no activation.</summary>
    Eval,

    /// <summary>The batch's moments; the running ones stay as they are.</summary>
    BatchStatistics,

    /// <summary>As if it were not frozen: the batch's moments, and the running ones follow them. What PyTorch does with <c>requires_grad = false</c>.</summary>
    KeepUpdating,
}

/// <summary>
/// y = activation(γ·x̂ + β + residual) for each channel, the innermost axis (Ioffe and Szegedy 2015). In training x̂ uses the batch's moments and the running ones follow; in evaluation it uses the running ones.
/// It is frozen when γ and β both are, and then does what <see cref="Frozen"/> says, which freezing and thawing do not change and <see cref="ModuleBase.Train"/> does not undo.
/// </summary>
public sealed class BatchNorm : Module
{
    private readonly BatchNormFunction updating;
    private readonly BatchNormFunction batch;
    private readonly BatchNormFunction running;
    private readonly string description;
    private readonly Func<float, SynchronisedMoments, BatchNormFunction> ofRanks;
    private readonly float momentum;
    private SynchronisedMoments? ranks, madeFor;
    private BatchNormFunction? updatingOfRanks;
    private BatchNormFunction? batchOfRanks;

    /// <summary>Batch normalisation of this many channels; γ starts at 1, β at 0, the running moments at 0 and 1.</summary>
    /// <param name="channels">The innermost axis.</param>
    /// <param name="momentum">The batch's part in the running moments, in (0, 1].</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activation">Applied to the result, after a residual.</param>
    /// <param name="ofPopulation">What becomes the running variance: that of the batch, Σ(x − mean)² / n, as in Keras, or by default the estimate n / (n − 1) times that, as in PyTorch. The batch itself is normalised by the first.</param>
    public BatchNorm(int channels, float momentum = 0.1f, float epsilon = 1e-5f, Activation activation = Activation.None, bool ofPopulation = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        if (momentum is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(momentum), $"BatchNorm: momentum must be in (0, 1], found {momentum}.");
        if (epsilon is not (> 0 and < float.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(epsilon), $"BatchNorm: epsilon must be positive, found {epsilon}.");
        updating = new BatchNormFunction(training: true, momentum, epsilon, activation, ofPopulation);
        batch = new BatchNormFunction(training: true, 0, epsilon, activation);
        running = new BatchNormFunction(training: false, 0, epsilon, activation);
        ofRanks = (part, others) => new BatchNormFunction(training: true, part, epsilon, activation, ofPopulation && part > 0, others);
        this.momentum = momentum;
        Gamma = Register(nameof(Gamma), [channels], Initializers.Ones);
        Beta = Register(nameof(Beta), [channels], Initializers.Zeros);
        RunningMean = RegisterBuffer(nameof(RunningMean), [channels], 0);
        RunningVariance = RegisterBuffer(nameof(RunningVariance), [channels], 1);
        description = $"BatchNorm({channels}{(activation == Activation.None ? "" : $", {activation.ToString().ToLowerInvariant()}")})";
    }

    /// <summary>The scale γ (channels).</summary>
    public Parameter Gamma { get; }

    /// <summary>The shift β (channels).</summary>
    public Parameter Beta { get; }

    /// <summary>The running mean (channels).</summary>
    public ModuleBuffer RunningMean { get; }

    /// <summary>The running variance (channels).</summary>
    public ModuleBuffer RunningVariance { get; }

    /// <summary>What it does in training while it is frozen.</summary>
    public FrozenNormalisation Frozen { get; set; } = FrozenNormalisation.Eval;

    /// <summary>The ranks by whose samples it normalises too, while a data-parallel step runs; null: its own.</summary>
    internal SynchronisedMoments? Ranks
    {
        get => ranks;
        set
        {
            if (value is not null && (updatingOfRanks is null || value != madeFor)) (updatingOfRanks, batchOfRanks, madeFor) = (ofRanks(momentum, value), ofRanks(0, value), value);
            ranks = value;
        }
    }

    /// <inheritdoc/>
    public override string? WhyNotRepeatable => IsTraining && Frozen != FrozenNormalisation.Eval ? "uses the batch's moments also where it is frozen" : null;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same with a residual of the input's shape, added before the activation.</summary>
    public Tensor Forward(Tensor input, Tensor? residual)
    {
        ArgumentNullException.ThrowIfNull(input);
        BatchNormFunction function = Function();
        return residual is null
            ? function.Apply([input, Gamma.Value, Beta.Value, RunningMean.Value, RunningVariance.Value])
            : function.Apply([input, Gamma.Value, Beta.Value, RunningMean.Value, RunningVariance.Value, residual]);
    }

    /// <summary>For example <c>BatchNorm(16, relu)</c>.</summary>
    public override string ToString() => description;

    private BatchNormFunction Function()
    {
        if (!IsTraining) return running;
        // The flags decide, not what a probe wants: a probe step sees the network as it trains.
        if (!IsFrozen) return Updating();
        return Frozen switch
        {
            FrozenNormalisation.Eval => running,
            FrozenNormalisation.BatchStatistics => ranks is null ? batch : batchOfRanks!,
            _ => Updating(),
        };

        BatchNormFunction Updating() => ranks is null ? updating : updatingOfRanks!;
    }
}
