using ILGPU;

namespace ResearchFreeze.Autograd;

// Attention. A kernel reads nothing of a range that is missing: another stands in for it.
public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void AttentionCore(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange value, TensorRange? lengths, TensorRange? mask, TensorRange y, TensorRange? state)
    {
        if (shape.Rows == 0) return;
        RequireWhole(shape.Dropout);
        if (shape.Dropout.Probability > 0) Recorder?.Refuse("dropout within attention draws by an argument of its kernels, which is another in each step");
        AttentionArguments arguments = AttentionArguments.Of(shape, lengths is not null, mask is not null);
        arguments.HasState = state is null ? 0 : 1;
        launchers.Attention(
            stream, new KernelConfig(shape.Rows, GroupFor(Math.Max(shape.Keys, shape.Size))), Reals(query), Reals(key), Reals(value), LengthsOf(lengths), Reals(mask ?? y), Reals(y), Reals(state ?? y), arguments);
    }

    /// <inheritdoc/>
    protected override void AttentionBackwardCore(
        in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange state, TensorRange dy, in AttentionGradients wanted)
    {
        AttentionArguments arguments = AttentionArguments.Of(shape, lengths is not null, mask is not null);
        (ArrayView<float> v, ArrayView<float> added, ArrayView<float> result) = (Reals(value ?? key), Reals(mask ?? dy), Reals(y ?? dy));
        if (wanted.Query is { } dquery && shape.Rows > 0)
        {
            launchers.AttentionQueryGradient(
                stream, new KernelConfig(shape.Rows, GroupFor(Math.Max(shape.Keys, shape.Size))), Reals(query), Reals(key), v, LengthsOf(lengths), added, result, Reals(state), Reals(dy), Reals(dquery), arguments, wanted.QueryBeta);
        }
        int rows = checked(shape.Batch * shape.Heads * shape.Keys);
        if ((wanted.Key is null && wanted.Value is null) || rows == 0) return;
        (arguments.WantsKey, arguments.WantsValue) = (wanted.Key is null ? 0 : 1, wanted.Value is null ? 0 : 1);
        launchers.AttentionKeyGradient(
            stream, new KernelConfig(rows, GroupFor(Math.Max(shape.Queries, shape.Size))), Reals(query), Reals(key), v, LengthsOf(lengths), added, result, Reals(state), Reals(dy), Reals(wanted.Key ?? wanted.Value!.Value),
            Reals(wanted.Value ?? wanted.Key!.Value), arguments, wanted.KeyBeta, wanted.ValueBeta);
    }
}
