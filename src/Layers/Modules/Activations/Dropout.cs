using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Zeroes each element with a probability while training and scales the rest by 1 / (1 − p) (Srivastava et al. 2014). Its numbers come from a stream of its own, keyed by (seed, path),
/// counted by forward passes: freezing another unit shifts nothing here. Inside a frozen prefix it is off unless asked for, and it is off in a probe.
/// </summary>
public sealed class Dropout : Module, IStateful, IPassCounter
{
    private readonly float probability;
    private readonly bool inFrozenPrefix;
    private ulong stream;
    private long passes;

    /// <summary>Dropout with this probability in [0, 1).</summary>
    /// <param name="probability">Of an element to be dropped.</param>
    /// <param name="inFrozenPrefix">Whether it stays on where its unit is frozen and nothing upstream trains.</param>
    public Dropout(float probability, bool inFrozenPrefix = false)
    {
        if (probability is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability), $"Dropout: probability must be in [0, 1), found {probability}.");
        this.probability = probability;
        this.inFrozenPrefix = inFrozenPrefix;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return NextKey(input, input.Shape.Count) is { } key ? input.Dropout(key) : input.Reshape(input.Shape);
    }

    /// <inheritdoc/>
    public override string? WhyNotRepeatable => IsTraining && probability != 0 && inFrozenPrefix ? "drops at random also where it is frozen" : null;

    /// <summary>Counts passes that were not computed, so that the next one draws what it would have.</summary>
    internal void Skip(long count)
    {
        if (IsCounting) passes += count;
    }

    /// <summary>Whether a pass counts now.</summary>
    internal bool IsCounting => IsTraining && probability != 0 && !GradMode.IsOverridden;

    /// <summary>How many passes have drawn: set back for a part that is run again.</summary>
    internal long Passes
    {
        get => passes;
        set => passes = value;
    }

    /// <inheritdoc/>
    long IPassCounter.Passes
    {
        get => passes;
        set => passes = value;
    }

    /// <summary>Which of a batch's samples come next, where a rank has a part of it: what is drawn is what the whole batch would draw. Default: all.</summary>
    internal (int First, int Count) Part { get; set; }

    /// <summary>The key of the next pass over what is made of this input, for an operation that drops inside; null: nothing is dropped.</summary>
    /// <param name="input">The input, whose first axis is the samples or a multiple of them.</param>
    /// <param name="draws">Numbers that are drawn for all of it; they are as many for each sample.</param>
    internal DropoutKey? NextKey(Tensor input, long draws)
    {
        if (!IsCounting) return null;
        ulong pass = (ulong)passes++;
        input.Device.Recorder?.Drew(stream, this, (long)pass);
        bool isPrefix = !input.RequiresGrad && !BranchInput.IsWithinCut && IsFrozen;
        if (isPrefix && !inFrozenPrefix) return null;
        // What does not belong to samples is the same for all of them.
        bool isOfSamples = Part.First > 0 && draws % Part.Count == 0;
        return new DropoutKey(stream, pass, probability) { First = isOfSamples ? (ulong)Part.First * (ulong)(draws / Part.Count) : 0 };
    }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("passes", passes);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        long read = state.Integer("passes", 0);
        return () => passes = read;
    }

    /// <inheritdoc/>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Apply(ReadState);
    }

    /// <summary>For example <c>Dropout(0.5)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"Dropout({probability})");

    /// <inheritdoc/>
    protected override void Seed(ulong seed)
    {
        stream = RandomStream.KeyOf(seed, $"{Path}/dropout");
        passes = 0;
    }
}
