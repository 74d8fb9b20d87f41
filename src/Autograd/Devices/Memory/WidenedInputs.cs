using System.Buffers;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Gives an operation reals in place of inputs that are kept in bfloat16, which only a parameter's value can be, in work space for the one call. What it keeps of them for its backward pass is what they are widened from
/// (<see cref="Storage.WidenedFrom"/>), and a node widens that when it is asked (<see cref="SavedActivations.RealsOf"/>).
/// </summary>
internal static class WidenedInputs
{
    /// <summary>What is kept of a range: of a weight that was widened for this call the elements as they lie.</summary>
    public static TensorRange Kept(TensorRange range) => range.Storage.WidenedFrom is { Storage: not null } packed ? packed.Slice(range.Offset, range.Length) : range;

    /// <summary>The operation's forward pass.</summary>
    public static Tensor Forward(Function function, ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        int first = 0;
        while (first < inputs.Length && inputs[first].Range.Storage.Kind != ElementKind.BFloat16) first++;
        if (first == inputs.Length || function is IPassesInputs) return function.Forward(context, inputs);
        TensorBase[] all = ArrayPool<TensorBase>.Shared.Rent(inputs.Length);
        inputs.CopyTo(all);
        int done = first;
        try
        {
            for (; done < inputs.Length; done++)
            {
                if (inputs[done] is not Tensor { Range.Storage.Kind: ElementKind.BFloat16 } packed) continue;
                Tensor reals = packed.AsReals();
                all[done] = reals;
                reals.Range.Storage.WidenedFrom = packed.Range;
            }
            return function.Forward(context, all.AsSpan(0, inputs.Length));
        }
        finally
        {
            for (int i = first; i < done; i++)
            {
                if (ReferenceEquals(all[i], inputs[i])) continue;
                all[i].Range.Storage.WidenedFrom = default;
                ((Tensor)all[i]).Recycle();
            }
            ArrayPool<TensorBase>.Shared.Return(all, clearArray: true);
        }
    }
}
