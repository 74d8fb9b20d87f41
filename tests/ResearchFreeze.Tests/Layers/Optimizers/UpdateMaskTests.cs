using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

[EverySimdLevel]
public class UpdateMaskTests
{
    private const int In = 4, Classes = 3, Rows = 6;

    [Theory]
    [InlineData("sgd", UpdateMaskAxis.Rows)]
    [InlineData("sgd", UpdateMaskAxis.Channels)]
    [InlineData("adamw", UpdateMaskAxis.Scalars)]
    [InlineData("adamw", UpdateMaskAxis.Rows)]
    [InlineData("rmsprop-momentum", UpdateMaskAxis.Rows)]
    [InlineData("lion", UpdateMaskAxis.Channels)]
    public void R5_WhatAMaskLetsRestKeepsValueAndStateBitForBitAndTheRestMovesAsWithout(string optimizer, UpdateMaskAxis axis)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            bool[] trains = axis switch
            {
                UpdateMaskAxis.Rows => [true, false, true],
                UpdateMaskAxis.Channels => [false, true, true, false],
                _ => [.. Enumerable.Range(0, Classes * In).Select(i => i % 5 != 0)],
            };
            UpdateMask mask = axis switch
            {
                UpdateMaskAxis.Rows => UpdateMask.Rows(trains),
                UpdateMaskAxis.Channels => UpdateMask.Channels(trains),
                _ => UpdateMask.Scalars(trains),
            };
            (double[][] start, double[][] free, _) = Train(device, optimizer, null);
            (double[][] same, double[][] masked, long resting) = Train(device, optimizer, mask);
            Assert.Equal(start, same);
            int counted = 0;
            for (int i = 0; i < Classes * In; i++)
            {
                bool rests = !trains[axis switch { UpdateMaskAxis.Rows => i / In, UpdateMaskAxis.Channels => i % In, _ => i }];
                counted += rests ? 1 : 0;
                // One step from the same weights: what trains does not notice the mask; what rests is where it was, weight and state.
                for (int part = 0; part < free.Length; part++) Assert.Equal(rests ? start[part][i] : free[part][i], masked[part][i]);
            }
            Assert.Equal(counted, resting);
        }
    }

    [Fact]
    public void AMaskOfAnotherLengthIsRefusedNamingTheParameter()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Classes);
        Parameter weight = model.Parameters().First();
        var error = Assert.Throws<ShapeException>(() => weight.UpdateMask = UpdateMask.Rows([true, false]));
        Assert.Contains("'fc1.weight': Rows of shape (3, 4) need 3 entries, found 2", error.Message, StringComparison.Ordinal);
        Assert.Null(weight.UpdateMask);
    }

    /// <summary>The weight and its state tensors before and after one step, after five steps without a mask.</summary>
    private static (double[][] Before, double[][] After, long Resting) Train(Device device, string name, UpdateMask? mask)
    {
        using Sequential model = Networks.Mlp(device, In, Classes);
        using Optimizer optimizer = name == "sgd" ? new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f) : OptimizerTests.Make(name, model);
        Parameter weight = model.Parameters().First();
        for (int step = 0; step < 5; step++) Step(model, optimizer, device, step);
        double[][] before = State();
        weight.UpdateMask = mask;
        Step(model, optimizer, device, 5);
        return (before, State(), mask?.Frozen(weight.Shape) ?? 0);

        double[][] State() => [Networks.Bits(weight), .. optimizer.StateOf(weight).Select(Networks.Values)];
    }

    private static void Step(Sequential model, Optimizer optimizer, Device device, int step)
    {
        Networks.Backward(model, device, Rows, In, Classes, step);
        optimizer.Step();
        optimizer.ClearGradients();
    }
}
