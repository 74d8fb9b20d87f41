namespace ResearchFreeze.Autograd;

/// <summary>A parameter's rate, and Adam's two bias corrections from its own count of updates.</summary>
internal sealed class RateValue(object slot, Func<float> rate, Func<int> update) : StepValue
{
    private float beta1, beta2;

    /// <summary>Whether a launch reads it.</summary>
    public bool IsRead { get; private set; }

    /// <summary>A launch reads it; of an update without moments the betas are 0.</summary>
    public void Read(in AdamStep step) => (IsRead, beta1, beta2) = (true, step.Beta1, step.Beta2);

    /// <inheritdoc/>
    public override void Write(Span<int> words) => Write(words, rate(), beta1, beta2, update());

    /// <inheritdoc/>
    public override bool IsSame(StepValue other) => other is RateValue value && ReferenceEquals(value.Slot, slot) && (value.beta1, value.beta2) == (beta1, beta2);

    /// <summary>The corrections are worked out as they are where they are arguments.</summary>
    public static void Write(Span<int> words, float rate, float beta1, float beta2, int step)
    {
        words[0] = BitConverter.SingleToInt32Bits(rate);
        words[1] = BitConverter.SingleToInt32Bits(beta1 == 0 ? 1 : (float)(1 - Math.Pow(beta1, step)));
        words[2] = BitConverter.SingleToInt32Bits(beta2 == 0 ? 1 : (float)(1 - Math.Pow(beta2, step)));
    }

    private object Slot => slot;
}
