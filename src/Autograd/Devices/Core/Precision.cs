namespace ResearchFreeze.Autograd;

/// <summary>
/// What a device rounds the operands of matrix products and convolutions to. Sums, and all else that it computes or stores, are float32: attention too, and convolutions in groups of fewer than eight channels or outputs.
/// </summary>
public enum Precision
{
    /// <summary>To nothing: float32.</summary>
    Float32,

    /// <summary>TensorFloat-32: eight bits of exponent, ten of mantissa; to the nearest, of two the one away from zero.</summary>
    TF32,

    /// <summary>bfloat16: eight bits of exponent, seven of mantissa; to the nearest, of two the even one.</summary>
    BFloat16,
}
