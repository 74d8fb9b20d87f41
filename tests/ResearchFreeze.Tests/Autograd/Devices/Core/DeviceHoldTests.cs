using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Case 22: two threads' calls on one device may follow one another, but not overlap.</summary>
public sealed class DeviceHoldTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<bool> Both => [true, false];

    [Theory]
    [MemberData(nameof(Both))]
    public void Case22_WhatOverlapsAForwardPassIsRefused(bool isTrained)
    {
        using var device = new CpuDevice(2);
        using Parameter w = Ones(device);
        w.IsFrozen = !isTrained;
        using var meeting = new Meeting();
        var function = new Waiting(meeting, inForward: true);
        double[]? result = null;
        meeting.While(
            () =>
            {
                using var scope = new Scope();
                result = Networks.Values(function.Apply([w.Value]));
            },
            () => EveryCallIsRefused(device));
        Assert.Equal([1, 1, 1], result!);
        EveryCallWorks(device);
    }

    [Fact]
    public void Case22_WhatOverlapsABackwardPassIsRefused()
    {
        using var device = new CpuDevice(2);
        using Parameter w = Ones(device);
        using var meeting = new Meeting();
        var function = new Waiting(meeting, inForward: false);
        meeting.While(
            () =>
            {
                using var scope = new Scope();
                function.Apply([w.Value]).Sum().Backward();
            },
            () => EveryCallIsRefused(device));
        Assert.Equal([1, 1, 1], Networks.Values(w.Grad!));
        EveryCallWorks(device);
    }

    /// <summary>Between two nodes, where no primitive and no function runs: a sink that waits.</summary>
    [Fact]
    public void Case22_ABackwardPassIsOneCall()
    {
        using var device = new CpuDevice(2);
        using Parameter w = Ones(device);
        using var meeting = new Meeting();
        meeting.While(
            () =>
            {
                using var scope = new Scope();
                w.Value.Sum().Backward(null, new WaitingSink(meeting));
            },
            () => EveryCallIsRefused(device));
        Assert.Equal([1, 1, 1], Networks.Values(w.Grad!));
    }

    /// <summary>What a scope books is one call, whoever opens it: an optimizer's step, a statistic, an evaluation.</summary>
    [Fact]
    public void Case22_WhoeverBooksWorkHasTheDevice()
    {
        using var device = new ReferenceDevice();
        using var meeting = new Meeting();
        meeting.While(
            () =>
            {
                using CostScope booking = device.Counters.For(CostKind.Statistics);
                meeting.Wait();
            },
            () => EveryCallIsRefused(device));
        EveryCallWorks(device);
    }

    [Fact]
    public void Case22_MemoryIsAnyThreads()
    {
        using var device = new CpuDevice(2);
        using Parameter w = Ones(device);
        using var meeting = new Meeting();
        var function = new Waiting(meeting, inForward: true);
        using (new Scope())
        {
            // A graph that this thread drops while the other works: it waits until somebody can count what it kept.
            Tensor inner = w.Value.Exp(), kept = inner.Square();
            inner.Dispose();
            long live = device.Counters.LiveBytes, saved = device.Counters.SavedBytes;
            meeting.While(
                () =>
                {
                    using var scope = new Scope();
                    function.Apply([w.Value]);
                },
                () =>
                {
                    Storage rented = device.Rent(ElementKind.Real, 1000, MemoryKind.Activation);
                    rented.Release();
                    kept.Dispose();
                    Assert.Equal(saved, device.Counters.SavedBytes);
                });
            Assert.True(device.Counters.SavedBytes < saved && device.Counters.LiveBytes < live);
        }
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    /// <summary>What was rented for a call that is refused is given back.</summary>
    [Fact]
    public void Case22_ARefusedUploadKeepsNoMemory()
    {
        using var device = new CpuDevice(2);
        using var meeting = new Meeting();
        long live = device.Counters.LiveBytes;
        meeting.While(
            () =>
            {
                using CostScope booking = device.Counters.For(CostKind.Other);
                meeting.Wait();
            },
            () =>
            {
                using var scope = new Scope();
                Assert.Throws<DeviceInUseException>(() => IntTensor.From(device, [1, 2, 3]));
                Assert.Throws<DeviceInUseException>(() => Tensor.From(device, [1f, 2f, 3f], [3]));
            });
        Assert.Equal(live, device.Counters.LiveBytes);
    }

    [Fact]
    public void Case22_ADeviceIsNotDisposedUnderAnothersHands()
    {
        var device = new CpuDevice(2);
        using var meeting = new Meeting();
        meeting.While(
            () =>
            {
                using CostScope booking = device.Counters.For(CostKind.Other);
                meeting.Wait();
            },
            () => Assert.Throws<DeviceInUseException>(device.Dispose));
        EveryCallWorks(device);
        device.Dispose();
        device.Dispose();
    }

    /// <summary>Twenty trainings by two threads on one device: each is right to the last bit or refused, and the device is as it was.</summary>
    [Fact]
    public void Case22_TrainingsAtOnceAreRightOrRefused()
    {
        using var device = new CpuDevice(2);
        double[] expected = Train(device, 30);
        int refused = 0, right = 0;
        var others = new List<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                try
                {
                    Assert.Equal(expected, Train(device, 30));
                    Interlocked.Increment(ref right);
                }
                catch (DeviceInUseException)
                {
                    Interlocked.Increment(ref refused);
                }
                catch (Exception e)
                {
                    lock (others) others.Add(e);
                }
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.Empty(others);
        Assert.Equal(20, refused + right);
        Assert.Equal(expected, Train(device, 30));
        Assert.Equal((0, 0), (device.Counters.LiveBytes, device.Counters.SavedBytes));
        TestContext.Current.TestOutputHelper?.WriteLine($"{right} right, {refused} refused");
    }

    /// <summary>Steps on whatever thread comes, one after the other, are those of one thread.</summary>
    [Fact]
    public async Task Case22_AThreadMayGoOnWhereAnotherHasStopped()
    {
        using var device = new CpuDevice(2);
        double[] expected = Train(device, 20);
        using Sequential model = Model(device);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        var threads = new HashSet<int>();
        for (int i = 0; i < 20; i++)
        {
            await Task.Factory.StartNew(
                () =>
                {
                    threads.Add(Environment.CurrentManagedThreadId);
                    Step(model, optimizer, device);
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        Assert.True(threads.Count > 1);
        Assert.Equal(expected, Weights(model));
    }

    private static void EveryCallIsRefused(Device device)
    {
        using var scope = new Scope();
        long calls = device.Counters.TotalCalls;
        var range = new TensorRange(device.Rent(ElementKind.Real, 4, MemoryKind.Activation), 0, 4);
        int version = range.Storage.Version;
        Action[] all =
        [
            () => device.Fill(range, 1), () => device.Upload(new float[4], range), () => device.Download(range, new float[4]), () => device.Norm(NormKind.L1, []), () => Tensor.Zeros(device, [2]),
            () => Train(device, 1), () => device.Counters.For(CostKind.Other).Dispose(),
        ];
        foreach (Action call in all)
        {
            Assert.Equal($"{device.Name}: two threads call the device at once; let one call end before the next begins, or give each thread a device of its own.", Assert.Throws<DeviceInUseException>(call).Message);
        }
        Assert.Equal((calls, version), (device.Counters.TotalCalls, range.Storage.Version));
        range.Storage.Release();
    }

    private static void EveryCallWorks(Device device) => Assert.All(Train(device, 2), value => Assert.True(double.IsFinite(value)));

    private static double[] Train(Device device, int steps)
    {
        using Sequential model = Model(device);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        for (int i = 0; i < steps; i++) Step(model, optimizer, device);
        return Weights(model);
    }

    private static Sequential Model(Device device)
    {
        var model = new Sequential(("fc1", new Linear(12, 16, activation: Activation.Relu)), ("head", new Linear(16, 3)));
        try
        {
            model.Initialize(device, 1);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Step(Sequential model, Optimizer optimizer, Device device)
    {
        using var scope = new Scope();
        Tensor x = Tensor.From(device, [.. Enumerable.Range(0, 96).Select(i => (i * 7919 % 13) / 13f)], [8, 12]);
        model.Forward(x).CrossEntropy(IntTensor.From(device, [0, 1, 2, 0, 1, 2, 0, 1])).Backward();
        optimizer.Step();
        optimizer.ClearGradients();
    }

    private static double[] Weights(Sequential model) => [.. model.Parameters().SelectMany(parameter => Networks.Values(parameter.Value))];

    private static Parameter Ones(Device device)
    {
        var parameter = new Parameter("w", [3]);
        parameter.Materialize(device);
        device.Fill(parameter.Value.Range, 1);
        return parameter;
    }

    /// <summary>One thread waits in the middle of a call while another does something.</summary>
    private sealed class Meeting : IDisposable
    {
        private readonly ManualResetEventSlim isInside = new(), mayLeave = new();

        public void Wait()
        {
            isInside.Set();
            Assert.True(mayLeave.Wait(Patience));
        }

        public void While(Action call, Action meanwhile)
        {
            Exception? failure = null;
            var thread = new Thread(() =>
            {
                try
                {
                    call();
                }
                catch (Exception e)
                {
                    failure = e;
                }
            });
            thread.Start();
            try
            {
                Assert.True(isInside.Wait(Patience));
                meanwhile();
            }
            finally
            {
                mayLeave.Set();
                thread.Join();
            }
            Assert.Null(failure);
        }

        public void Dispose()
        {
            isInside.Dispose();
            mayLeave.Dispose();
        }
    }

    private sealed class Waiting(Meeting meeting, bool inForward) : Function
    {
        public override string Name => "waiting";

        public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
        {
            if (inForward) meeting.Wait();
            Tensor y = context.Result(inputs[0].Shape);
            context.Device.Copy(inputs[0].Range, y.Range);
            return y;
        }

        public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
        {
            if (!inForward) meeting.Wait();
            dx.Pass(dy);
        }
    }

    private sealed class WaitingSink(Meeting meeting) : IGradientSink
    {
        public GradientSlot SlotOf(Parameter parameter) => ParameterSink.Instance.SlotOf(parameter);

        public void GradientReady(Parameter parameter) => meeting.Wait();
    }
}
