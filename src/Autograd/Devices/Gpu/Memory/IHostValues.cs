namespace ResearchFreeze.Autograd;

/// <summary>Values on the host, to be written as the device's 32-bit elements.</summary>
internal interface IHostValues
{
    int Length { get; }

    /// <summary>Writes as many values as fit, from the given one on.</summary>
    void CopyTo(int from, Span<float> target);
}
