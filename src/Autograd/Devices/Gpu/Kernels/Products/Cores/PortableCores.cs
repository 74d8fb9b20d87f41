using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>The twin of <see cref="CudaTf32"/> for devices without the instruction: each thread finds and adds up what its lane would be given, element by element. Addresses are words.</summary>
internal readonly struct PortableTf32 : IMatrixCore
{
    public static int Packed => 1;

    public static int Word => 1;

    public static ArrayView<uint> Space(int words) => SharedMemory.Allocate<uint>(words);

    public static void Begin()
    {
    }

    public static void PutDepth(ArrayView<uint> space, int address, Four first, Four second)
    {
        space[address] = Rounding.ToTf32(first.X);
        space[address + 1] = Rounding.ToTf32(first.Y);
        space[address + 2] = Rounding.ToTf32(first.Z);
        space[address + 3] = Rounding.ToTf32(first.W);
    }

    public static void PutLines(ArrayView<uint> space, int address, Four first, Four second)
    {
        space[address] = Rounding.ToTf32(first.X);
        space[address + CoreLayout.Pitch] = Rounding.ToTf32(first.Y);
        space[address + (2 * CoreLayout.Pitch)] = Rounding.ToTf32(first.Z);
        space[address + (3 * CoreLayout.Pitch)] = Rounding.ToTf32(first.W);
    }

    public static Results Step(Results sums, ArrayView<uint> space, int a, int b, bool isTall)
    {
        for (int word = 0; word < CoreLayout.StepWords; word++)
        {
            LaneWords near = LaneWords.OfA(space, a, word, 0), far = isTall ? LaneWords.OfA(space, a, word, 2) : default, left = LaneWords.OfB(space, b, word, 0), right = LaneWords.OfB(space, b, word, 1);
            sums = Results.Add(sums, near.Whole(), far.Whole(), left.Whole(), right.Whole());
        }
        return sums;
    }

    public static void PutSums(Results sums, ArrayView<uint> space, int block, int address) => LaneWords.PutSums(sums, space, address);
}

/// <summary>The twin of <see cref="CudaBFloat16"/>.</summary>
internal readonly struct PortableBFloat16 : IMatrixCore
{
    public static int Packed => 2;

    public static int Word => 1;

    public static ArrayView<uint> Space(int words) => SharedMemory.Allocate<uint>(words);

    public static void Begin()
    {
    }

    public static void PutDepth(ArrayView<uint> space, int address, Four first, Four second)
    {
        space[address] = Rounding.ToBFloat16(first.X, first.Y);
        space[address + 1] = Rounding.ToBFloat16(first.Z, first.W);
        space[address + 2] = Rounding.ToBFloat16(second.X, second.Y);
        space[address + 3] = Rounding.ToBFloat16(second.Z, second.W);
    }

    public static void PutLines(ArrayView<uint> space, int address, Four first, Four second)
    {
        space[address] = Rounding.ToBFloat16(first.X, second.X);
        space[address + CoreLayout.Pitch] = Rounding.ToBFloat16(first.Y, second.Y);
        space[address + (2 * CoreLayout.Pitch)] = Rounding.ToBFloat16(first.Z, second.Z);
        space[address + (3 * CoreLayout.Pitch)] = Rounding.ToBFloat16(first.W, second.W);
    }

    public static Results Step(Results sums, ArrayView<uint> space, int a, int b, bool isTall)
    {
        for (int word = 0; word < CoreLayout.StepWords; word++)
        {
            LaneWords near = LaneWords.OfA(space, a, word, 0), far = isTall ? LaneWords.OfA(space, a, word, 2) : default, left = LaneWords.OfB(space, b, word, 0), right = LaneWords.OfB(space, b, word, 1);
            sums = Results.Add(sums, near.Low(), far.Low(), left.Low(), right.Low());
            sums = Results.Add(sums, near.High(), far.High(), left.High(), right.High());
        }
        return sums;
    }

    public static void PutSums(Results sums, ArrayView<uint> space, int block, int address) => LaneWords.PutSums(sums, space, address);
}

/// <summary>
/// Four words that a lane multiplies with. Where <c>ldmatrix</c> takes them from: matrix i of the four is in the rows that lanes 8·i to 8·i+7 name, row r of it in the fragments of lanes 4·r to 4·r+3. What <c>mma</c> makes of
/// them: a lane has the sums of rows lane/4 and lane/4 + 8 and columns 2·(lane mod 4) and the next.
/// </summary>
internal struct LaneWords
{
    public uint X, Y, Z, W;

    /// <summary>A word of rows lane/4 and lane/4 + 8 of two blocks.</summary>
    public static LaneWords OfA(ArrayView<uint> space, int a, int word, int block)
    {
        int lane = Group.IdxX & 31, first = a - CoreLayout.LaneA(lane) + (block * CoreLayout.BlockRows * CoreLayout.Pitch), matrix = (word >> 2) * 2;
        int upper = first + CoreLayout.LaneA((8 * matrix) + (lane >> 2)) + (word & 3), lower = first + CoreLayout.LaneA((8 * matrix) + 8 + (lane >> 2)) + (word & 3);
        int next = CoreLayout.BlockRows * CoreLayout.Pitch;
        return new() { X = space[upper], Y = space[lower], Z = space[upper + next], W = space[lower + next] };
    }

    /// <summary>A word of columns 2·(lane mod 4) and the next of two neighbouring blocks of eight columns.</summary>
    public static LaneWords OfB(ArrayView<uint> space, int b, int word, int pair)
    {
        int lane = Group.IdxX & 31, first = b - CoreLayout.LaneB(lane) + (pair * CoreLayout.BlockRows * CoreLayout.Pitch), column = 2 * (lane & 3), matrix = word >> 2;
        int left = (8 * matrix) + column, right = (8 * (matrix + 2)) + column;
        return new()
        {
            X = space[first + CoreLayout.LaneB(left) + (word & 3)],
            Y = space[first + CoreLayout.LaneB(left + 1) + (word & 3)],
            Z = space[first + CoreLayout.LaneB(right) + (word & 3)],
            W = space[first + CoreLayout.LaneB(right + 1) + (word & 3)],
        };
    }

    /// <summary>Stores the first two of the thread's rows of sums.</summary>
    public static void PutSums(Results sums, ArrayView<uint> space, int address)
    {
        ArrayView<float> cells = space.Cast<float>();
        Put(sums.R0, cells, address);
        Put(sums.R1, cells, address + (8 * CoreLayout.StorePitch));
    }

    public readonly Four Whole() => new(Interop.IntAsFloat(X), Interop.IntAsFloat(Y), Interop.IntAsFloat(Z), Interop.IntAsFloat(W));

    public readonly Four Low() => new(Interop.IntAsFloat(X << 16), Interop.IntAsFloat(Y << 16), Interop.IntAsFloat(Z << 16), Interop.IntAsFloat(W << 16));

    public readonly Four High() => new(Interop.IntAsFloat(X & 0xFFFF0000), Interop.IntAsFloat(Y & 0xFFFF0000), Interop.IntAsFloat(Z & 0xFFFF0000), Interop.IntAsFloat(W & 0xFFFF0000));

    private static void Put(Eight row, ArrayView<float> cells, int address)
    {
        cells[address] = row.C0;
        cells[address + 1] = row.C1;
        cells[address + 8] = row.C2;
        cells[address + 9] = row.C3;
        cells[address + 16] = row.C4;
        cells[address + 17] = row.C5;
        cells[address + 24] = row.C6;
        cells[address + 25] = row.C7;
    }
}
