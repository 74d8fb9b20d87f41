using ILGPU;
using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>A copy from range to range in a recorded step.</summary>
internal sealed class GpuCopy(AcceleratorStream stream, ArrayView<float> from, ArrayView<float> to) : RecordedLaunch
{
    /// <inheritdoc/>
    public override string Name => nameof(Primitive.Copy);

    /// <inheritdoc/>
    public override void Issue() => from.CopyTo(stream, to);

    /// <inheritdoc/>
    public override bool IsSame(RecordedLaunch other) => other is GpuCopy copy && (copy.From, copy.To).Equals((from, to));

    private ArrayView<float> From => from;

    private ArrayView<float> To => to;
}
