namespace ResearchFreeze.Autograd;

/// <summary>What the broadcasting operations share: the forward pass, and bringing a gradient of the result's shape back to an operand's.</summary>
internal static class Broadcasting
{
    /// <summary>f(a, b) as a new handle.</summary>
    public static Tensor Apply(ForwardContext context, ZipKernel kernel, ReadOnlySpan<TensorBase> inputs)
    {
        var layout = new ZipLayout(inputs[0].Shape, inputs[1].Shape, kernel.Name);
        Tensor y = context.Result(layout.Output);
        context.Device.Zip(kernel, layout, inputs[0].Range, inputs[1].Range, y.Range);
        return y;
    }

    /// <summary>dx ← scale·dy summed to the operand's shape.</summary>
    public static void Accumulate(Device device, Tensor dy, float scale, GradTarget dx)
    {
        if (dx.Shape == dy.Shape)
        {
            if (scale == 1)
            {
                dx.Pass(dy);
                return;
            }
            TensorRange same = dx.Open(out float keep);
            device.AddScaled(scale, dy.Range, keep, same);
            return;
        }
        TensorRange to = dx.Open(out float beta);
        device.Reduce(ReduceLayout.ToOperand(dy.Shape, dx.Shape), scale, dy.Range, to, beta);
    }

    /// <summary>dx ← f(dy, factor) summed to the operand's shape, without a temporary where nothing is summed.</summary>
    public static void AccumulateZip(BackwardContext context, ZipKernel kernel, Tensor dy, SavedTensor factor, GradTarget dx)
    {
        var layout = new ZipLayout(dy.Shape, factor.Shape, kernel.Name);
        if (dx.Shape == dy.Shape)
        {
            TensorRange to = dx.Open(out float beta);
            context.Device.Zip(kernel, layout, dy.Range, factor.Range, to, beta);
            return;
        }
        using Tensor product = context.Temporary(dy.Shape);
        context.Device.Zip(kernel, layout, dy.Range, factor.Range, product.Range);
        Accumulate(context.Device, product, 1, dx);
    }
}
