using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Case 33 and its relatives: numbers of elements are counted in 64 bits and checked before anything is rented.</summary>
public sealed class SizeCaseTests
{
    [Fact]
    public void Case33_AStorageHoldsWhatItWasRentedFor()
    {
        for (int index = StoragePool.ClassOf(1); index <= StoragePool.ClassOf(Shape.MaxCount); index++)
        {
            int capacity = StoragePool.CapacityOf(index);
            Assert.Equal(index, StoragePool.ClassOf(capacity));
            if (capacity < Shape.MaxCount) Assert.Equal(index + 1, StoragePool.ClassOf(capacity + 1));
        }
        Assert.Equal(Shape.MaxCount, StoragePool.CapacityOf(StoragePool.ClassOf(Shape.MaxCount)));
        Assert.True(Shape.MaxCount <= Array.MaxLength);

        // Address space, not memory, is what is asked for: nothing is touched.
        using var device = new CpuDevice(1);
        Storage largest = device.Rent(ElementKind.Real, Shape.MaxCount, MemoryKind.Activation);
        Assert.Equal((Shape.MaxCount, Shape.MaxCount, 4L * Shape.MaxCount), (largest.Length, largest.Capacity, largest.Bytes));
        largest.Release();
        device.Trim();
    }

    [Fact]
    public void Case33_WhatNoStorageHoldsIsRefusedBeforeItIsRented()
    {
        using var device = new CpuDevice(1);
        foreach (long length in (long[])[2_147_483_600, Shape.MaxCount + 1L, 1L << 40, -1])
        {
            var refused = Assert.Throws<ArgumentOutOfRangeException>(() => device.Rent(ElementKind.Real, length, MemoryKind.Activation));
            Assert.StartsWith($"cpu: a storage has 0 to 2147418112 elements, {length} were asked for.", refused.Message);
            Assert.Throws<ArgumentOutOfRangeException>(() => device.AllocateApart(length));
        }
        Assert.Equal("Shape: at most 2147418112 elements, found more in (2147483600).", Assert.Throws<ArgumentException>(() => Tensor.Empty(device, [2_147_483_600])).Message);
        Assert.Equal((0, 0), (device.Counters.LiveBytes, device.SpareBytes));
    }

    /// <summary>An extent of 0 hides no product that is more than an int: a sum over that axis would have as many elements.</summary>
    [Fact]
    public void Case33_ExtentsOfNothingAreCountedToo()
    {
        foreach (int[] extents in (int[][])[[0, 65536, 65536], [65536, 65536, 0], [65536, 0, 65536], [0, int.MaxValue]]) Assert.Throws<ArgumentException>(() => new Shape(extents));
        Assert.Equal(0, new Shape(0, 1 << 20, 1 << 10).Count);
        Assert.Equal(1 << 30, new Shape(0, 1 << 20, 1 << 10).CountOf(1, 3));
    }

    [Fact]
    public void Case33_CountsOfALayoutDoNotWrapAround()
    {
        Assert.Throws<OverflowException>(() => new Conv2dShape(65536, 256, 256, 1, 1, 1, 1, 0, 1, 1).InputCount);
        Assert.Throws<OverflowException>(() => new Conv2dShape(65536, 256, 256, 1, 1, 1, 1, 0, 1, 1).OutputCount);
        Assert.Throws<OverflowException>(() => new Conv2dShape(1, 1, 1, 65536, 65536, 1, 1, 0, 1, 1).WeightCount);
        Assert.Throws<OverflowException>(() => new Pool2dShape(65536, 256, 256, 1, 1, 1, 0).InputCount);
        Assert.Throws<OverflowException>(() => new Pool2dShape(65536, 256, 256, 1, 1, 1, 0).OutputCount);
        Assert.Throws<OverflowException>(() => new BatchNormShape(65536, 65536, 0).Count);
        Assert.Throws<OverflowException>(() => new GroupNormShape(65536, 1, 65536, 1, 0, true).Count);
        Assert.Throws<OverflowException>(() => new GroupNormShape(65536, 1, 16384, 1, 0, true).StateCount);
    }

    /// <summary>Sums and products of extents, paddings and dilations that are more than an int.</summary>
    [Fact]
    public void Case33_OperationsRefuseByName()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor row = Tensor.Zeros(device, [1]), images = Tensor.Zeros(device, [1, 4, 4, 1]), weight = Tensor.Zeros(device, [1, 3, 3, 1]), none = Tensor.Zeros(device, [1 << 30, 0]);
        const int Half = 1 << 30;
        Refused("pad: axis 0 of (1) with 1073741824 before and 1073741824 after has 2147483649 elements", () => row.Pad([Half], [Half]));
        Refused("concatenate: 2 tensors have 2147483648 elements along axis 0", () => Tensor.Concatenate(0, none, none));
        Refused("conv2d: images (1, 4, 4, 1) with padding 1073741824", () => images.Conv2d(weight, padding: Half));
        Refused("leave nothing", () => images.Conv2d(weight, dilation: int.MaxValue));
        Refused("leave nothing", () => images.Conv2d(weight, dilation: Half + 1));
        Refused("expect 4294967296", () => Tensor.Zeros(device, [1, 4, 4, 0]).Conv2d(Tensor.Zeros(device, [0, 1, 1, 1 << 16]), groups: 1 << 16));
        Refused("max pool: padding must be from 0 to half of kernel 2", () => images.MaxPool2d(2, padding: Half));
        Refused("average pool: kernel 65536 has more than", () => images.AveragePool2d(65536, padding: 32768));

        static void Refused(string says, Func<Tensor> operation) => Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(operation).Message, StringComparison.Ordinal);
    }

    /// <summary>Ranges of work that end near the largest index.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Case33_ThreadsShareTheLongestRange(int count)
    {
        using var threads = new CpuThreads(count);
        var work = new Seen();
        long before = Seen.Items;
        CpuParallel.For(threads, ref work, Shape.MaxCount, 1);
        Assert.Equal(Shape.MaxCount, Seen.Items - before);
    }

    private struct Seen : IRangeWork
    {
        private static long items;

        public static long Items => Interlocked.Read(ref items);

        public readonly void Run(int start, int end) => Interlocked.Add(ref items, end - start);
    }
}
