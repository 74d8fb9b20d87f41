using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Convolution and its two gradients.
public abstract partial class DevicePrimitiveParity
{
    private IEnumerable<Conv2dShape> Convolutions => ConvolutionShapes.Table.Concat(ConvolutionShapes.Random(60))
        .Where(shape => Math.Max(shape.InputCount, Math.Max(shape.OutputCount, shape.WeightCount)) <= MaxElements);

    [Fact]
    public void Conv2dHandlesEveryShapeBiasAndActivation()
    {
        int turn = 0;
        foreach (Conv2dShape shape in Convolutions)
        {
            Activation plain = Activations[turn++ % 4], offset = Activations[turn % 4];
            Twin x = Random("x", shape.InputCount), w = Random("w", shape.WeightCount), bias = Random("bias", shape.Outputs);
            Twin y = Garbage("y", shape.OutputCount), biased = Garbage("y with bias", shape.OutputCount);
            foreach (Device on in Both())
            {
                on.Conv2d(shape, x.On(on), w.On(on), null, y.On(on), plain);
                on.Conv2d(shape, x.On(on), w.On(on), bias.On(on), biased.On(on), offset);
            }

            // An error is relative to the largest sum, which an activation's result no longer shows; no activation makes it larger.
            Twin sums = Garbage("sums", shape.OutputCount);
            reference.Conv2d(shape, x.On(reference), w.On(reference), bias.On(reference), sums.On(reference));
            Check($"{shape} {plain}, with bias {offset}", sums.LargestOn(reference), y, biased, x, w, bias);
            Release();
        }
    }

    [Fact]
    public void Conv2dInputGradientHandlesEveryShapeAndBeta()
    {
        foreach (Conv2dShape shape in Convolutions)
        {
            Twin dy = Random("dy", shape.OutputCount), w = Random("w", shape.WeightCount);
            foreach (float beta in Betas)
            {
                Twin dx = Output("dx", shape.InputCount, beta);
                foreach (Device on in Both()) on.Conv2dInputGradient(shape, dy.On(on), w.On(on), dx.On(on), beta);
                Check($"{shape} beta {beta}", dx, dy, w);
            }
            Release();
        }
    }

    [Fact]
    public void Conv2dWeightGradientHandlesEveryShapeAndBeta()
    {
        foreach (Conv2dShape shape in Convolutions)
        {
            Twin x = Random("x", shape.InputCount), dy = Random("dy", shape.OutputCount);
            foreach (float beta in Betas)
            {
                Twin dw = Output("dw", shape.WeightCount, beta);
                foreach (Device on in Both()) on.Conv2dWeightGradient(shape, x.On(on), dy.On(on), dw.On(on), beta);
                Check($"{shape} beta {beta}", dw, x, dy);
            }
            Release();
        }
    }
}
