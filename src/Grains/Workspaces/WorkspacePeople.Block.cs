using System.Collections.Immutable;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

internal sealed partial class WorkspacePeople
{
    /// <summary>
    /// A part of the ordered list of people. Immutable. The values that pages and searches read are in arrays, because reading
    /// objects that are spread over the heap mostly waits for memory.
    /// </summary>
    private sealed class Block
    {
        /// <summary>The number of people in a new block. A block with more than twice as many is split.</summary>
        public const int Size = 128;

        // UTF-8 never contains this byte. So no search matches across the end of one text and the beginning of the next.
        private const byte EndOfText = 0xFF;

        // The folded name and mail address of each person, and the offset at which each person's text ends.
        private readonly byte[] text;
        private readonly int[] ends;

        // The roles by the policy that was used last. Any thread may replace it.
        private Given? last;

        public Block(Person[] people)
        {
            (People, Rows, ends) = (people, Array.ConvertAll(people, Row.Of), new int[people.Length]);
            using var all = new MemoryStream(64 * people.Length);
            for (var index = 0; index < people.Length; index++)
            {
                all.Write(TextOf(people[index]));
                ends[index] = (int)all.Length;
            }

            text = all.ToArray();
        }

        private Block(Person[] people, Row[] rows, byte[] text, int[] ends, Given? last) =>
            (People, Rows, this.text, this.ends, this.last) = (people, rows, text, ends, last);

        public Person[] People { get; }

        public Row[] Rows { get; }

        /// <summary>Returns the roles that each person has through groups.</summary>
        public Roles[] ByGroups(Grants by)
        {
            if (last is not { } known || known.By != by)
            {
                last = known = new(by, Array.ConvertAll(People, by.RolesOf));
            }

            return known.Roles;
        }

        /// <summary>Finds the next person whose name or mail address contains a term.</summary>
        /// <param name="term">The term after <see cref="SearchTerm.Fold"/>, in UTF-8. Null matches everybody.</param>
        /// <param name="index">Where the search begins.</param>
        /// <returns>The person's index; the number of people if nobody matches.</returns>
        public int Next(byte[]? term, int index)
        {
            if (term is null || index == ends.Length)
            {
                return index;
            }

            var start = Start(index);
            var found = text.AsSpan(start).IndexOf(term);
            if (found < 0)
            {
                return ends.Length;
            }

            // The person whose text ends after the match.
            var whose = Array.BinarySearch(ends, index, ends.Length - index, start + found);
            return whose < 0 ? ~whose : whose + 1;
        }

        /// <summary>Returns a copy in which one person is replaced, added or removed. Text and roles of the others are reused.</summary>
        /// <param name="gone">1 removes the person at the index; 0 removes nobody.</param>
        /// <param name="person">The person to insert at the index; null for nobody.</param>
        public Block With(int index, int gone, Person? person)
        {
            Person[] come = person is null ? [] : [person];
            var (from, to) = (Start(index), Start(index + gone));
            byte[] its = person is null ? [] : TextOf(person);
            int[] end = person is null ? [] : [from + its.Length];
            var behind = ends[(index + gone)..];
            for (var other = 0; other < behind.Length; other++)
            {
                behind[other] += its.Length - (to - from);
            }

            var known = last;
            return new(
                [.. People.AsSpan(0, index), .. come, .. People.AsSpan(index + gone)],
                [.. Rows.AsSpan(0, index), .. come.Select(Row.Of), .. Rows.AsSpan(index + gone)],
                [.. text.AsSpan(0, from), .. its, .. text.AsSpan(to)],
                [.. ends.AsSpan(0, index), .. end, .. behind],
                known is null ? null : new(known.By, [.. known.Roles.AsSpan(0, index), .. come.Select(known.By.RolesOf), .. known.Roles.AsSpan(index + gone)]));
        }

        private int Start(int index) => index == 0 ? 0 : ends[index - 1];

        private static byte[] TextOf(Person person) =>
            [.. Encoding.UTF8.GetBytes(SearchTerm.Fold(person.Name)), EndOfText, .. Encoding.UTF8.GetBytes(SearchTerm.Fold(person.Email ?? "")), EndOfText];

        private sealed record Given(Grants By, Roles[] Roles);
    }

    /// <summary>The values of one person by which lists are filtered.</summary>
    /// <param name="Contract">The roles from the contract.</param>
    private readonly record struct Row(Roles Contract, WorkspaceUserStatus Status, UserType UserType)
    {
        /// <summary>The roles from groups.</summary>
        public Roles Groups { get; init; }

        public bool IsSomething => (Contract | Groups) != Roles.None;

        public bool IsBlocked => Status == WorkspaceUserStatus.Blocked;

        public Roles All => Contract | Groups | Roles.User;

        public static Row Of(Person person) => new(person.Contact?.Roles ?? Roles.None, person.Status, person.UserType);

        /// <summary>Whether the person, who holds some role, holds this role from this source. <see cref="Roles.None"/> stands for any role, null for any source.</summary>
        public bool Has(Roles role, RoleSource? source) =>
            (source is null or RoleSource.Contract && IsAmong(role, Contract))
            || (source is null or RoleSource.EntraGroup && IsAmong(role, Groups))
            || (source is null or RoleSource.Default && IsAmong(role, Roles.User));

        private static bool IsAmong(Roles role, Roles held) => role == Roles.None ? held != Roles.None : (held & role) == role;
    }

    /// <summary>The roles that a policy gives to each group, by the group's number. Immutable.</summary>
    private sealed class Grants
    {
        private readonly Roles[] byNumber;
        private readonly Guid tenant;
        private readonly DateOnly start;

        public Grants(AccessPolicy policy, GroupNumbers numbers)
        {
            // Every group of the policy gets a number here. So a group with a later number holds no role.
            var given = policy.Groups.Select(group => (Number: numbers.Of(group.GroupId), group.Roles)).ToList();
            (byNumber, tenant, start) = (new Roles[numbers.Count], policy.TenantId, policy.StartDate);
            foreach (var (number, roles) in given)
            {
                byNumber[number] = roles;
            }
        }

        /// <summary>Whether the contract has begun. Before that, nobody holds a role.</summary>
        public bool HaveBegun(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime) >= start;

        /// <summary>Returns the same roles as <see cref="AccessPolicy.RolesOf(PersonId, ImmutableArray{Guid}, DateTimeOffset)"/> for the person's groups, if the contract has begun.</summary>
        public Roles RolesOf(Person person)
        {
            var roles = Roles.None;
            if (person.Id.TenantId == tenant)
            {
                foreach (var number in person.Groups)
                {
                    roles |= number < byNumber.Length ? byNumber[number] : Roles.None;
                }
            }

            return roles;
        }
    }
}
