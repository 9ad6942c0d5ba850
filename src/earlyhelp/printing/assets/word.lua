-- What HTML has no element for and Word has: footnotes. Which tables have row headers pandoc does not
-- tell Word; a style without a meaning of its own marks them (`word.CHANGES`).
function Table(tbl)
  if tbl.bodies[1] and tbl.bodies[1].row_head_columns > 0 then
    tbl.attributes['custom-style'] = 'Row headers'
    return tbl
  end
end

function Span(span)
  if span.classes:includes('footnote') then return pandoc.Note{pandoc.Para(span.content)} end
end
